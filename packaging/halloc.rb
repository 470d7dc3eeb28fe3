# Homebrew on Linux. No public address has the tarball yet, so it comes from `make dist`:
#
#     brew tap-new me/halloc && cp packaging/halloc.rb "$(brew --repo me/halloc)/Formula/"
#     HOMEBREW_HALLOC_DIST=$PWD/build/dist brew install me/halloc/halloc
#
# Once there is an address, it takes the place of the next three lines that name the folder.
class Halloc < Formula
  desc "Heap allocator to read, watch and run in production"
  tarball = "#{ENV.fetch("HOMEBREW_HALLOC_DIST")}/halloc-1.0.0.tar.gz"
  url "file://#{tarball}"
  sha256 Digest::SHA256.file(tarball).hexdigest
  license "MIT"

  depends_on "cmake" => :build
  depends_on "elfutils"
  depends_on :linux
  depends_on "zlib"

  def install
    system "cmake", "-S", ".", "-B", "build", "-DHALLOC_TESTS=OFF", *std_cmake_args
    system "cmake", "--build", "build"
    system "cmake", "--install", "build"
  end

  test do
    assert_match version.to_s, shell_output("#{bin}/halloc --version")
    system bin/"halloc", "run", "--", "ls"
  end
end
