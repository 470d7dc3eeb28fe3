"""conan create packaging        (Conan 2; add -o "halloc/*:shared=True" for libhalloc.so)"""
import os

from conan import ConanFile
from conan.errors import ConanInvalidConfiguration
from conan.tools.cmake import CMake, CMakeToolchain, cmake_layout
from conan.tools.files import copy, rm, rmdir


class Halloc(ConanFile):
    name = "halloc"
    version = "1.0.0"
    description = "Heap allocator to read, watch and run in production"
    license = "MIT"
    topics = ("malloc", "allocator", "heap")
    package_type = "library"
    settings = "os", "arch", "compiler", "build_type"
    options = {"shared": [True, False]}
    default_options = {"shared": False}
    languages = "C"

    def validate(self):
        if self.settings.os != "Linux" or self.settings.arch not in ("x86_64", "armv8"):
            raise ConanInvalidConfiguration("Halloc runs on Linux, on x86-64 and aarch64")

    def export_sources(self):
        tree = os.path.dirname(self.recipe_folder)
        copy(self, "*", src=tree, dst=self.export_sources_folder, excludes=("build*", ".git/*"))

    def layout(self):
        cmake_layout(self)

    def generate(self):
        toolchain = CMakeToolchain(self)
        toolchain.cache_variables["HALLOC_TESTS"] = False
        toolchain.generate()

    def build(self):
        cmake = CMake(self)
        cmake.configure()
        cmake.build()

    def package(self):
        CMake(self).install()
        copy(self, "LICENSE", src=self.source_folder, dst=os.path.join(self.package_folder, "licenses"))
        libraries = os.path.join(self.package_folder, "lib")
        rm(self, "*.a" if self.options.shared else "libhalloc.so*", libraries)
        for folder in ("cmake", "pkgconfig"):  # Conan makes its own
            rmdir(self, os.path.join(libraries, folder))

    def package_info(self):
        self.cpp_info.libs = ["halloc"]
        self.cpp_info.system_libs = ["pthread"]
        self.cpp_info.set_property("cmake_file_name", "halloc")
        self.cpp_info.set_property("cmake_target_name", "halloc::halloc")
        self.cpp_info.set_property("pkg_config_name", "halloc")
