"""The harness of the races. Begin with main.py; each module is one idea:

    main           the command: options, and which of the three modes
    places         where things are
    build          compiling workloads and helpers
    allocators     who races; whether each really took over
    tasks          what is run: workloads of our own, real programs
    measure        one run of one task on one allocator
    race           all runs, interleaved; progress
    statistics     medians, intervals, means
    summary        from runs to results
    table, chart   results for reading
    benchres       every run, as the suite mimalloc-bench writes it
    instructions   callgrind's counts
    ledger         what a counting build says of scaling
"""
