# nix-build packaging/halloc.nix
{
  pkgs ? import <nixpkgs> { },
}:

pkgs.stdenv.mkDerivation {
  pname = "halloc";
  version = "1.0.0";
  src = pkgs.lib.fileset.toSource {
    root = ../.;
    fileset = pkgs.lib.fileset.gitTracked ../.;
  };

  nativeBuildInputs = [ pkgs.cmake ];
  # For the halloc command: symbols of traced programs, names of C++ and Rust, smaller pages.
  buildInputs = [
    pkgs.elfutils
    pkgs.libiberty
    pkgs.zlib
  ];
  cmakeFlags = [ "-DHALLOC_TESTS=OFF" ];

  doInstallCheck = true;
  installCheckPhase = "$out/bin/halloc run -- ls";

  meta = {
    description = "Heap allocator to read, watch and run in production";
    license = pkgs.lib.licenses.mit;
    mainProgram = "halloc";
    platforms = [
      "x86_64-linux"
      "aarch64-linux"
    ];
  };
}
