# The lab in a container, for Windows, macOS and school machines:
#     docker build -t halloc .
#     docker run --rm -it -v "$PWD/work:/work" halloc
FROM debian:12-slim
RUN apt-get update && apt-get install -y --no-install-recommends \
        cmake g++ gcc gdb libc6-dev libdw-dev libiberty-dev make nano python3 zlib1g-dev \
    && rm -rf /var/lib/apt/lists/*
COPY . /halloc
RUN cd /halloc && cmake --preset release -DHALLOC_TESTS=OFF && cmake --build build --parallel --target artefacts
ENV PATH=/halloc/build:$PATH
WORKDIR /work
CMD ["bash"]
