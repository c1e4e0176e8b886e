// The least that a work can cost: what no server can leave out, done by the libraries themselves,
// with nothing around it. What fails ends the program.
#pragma once

#include <cstddef>
#include <filesystem>

namespace ankiwire::floors {

// What a work has done until now was only to prepare it.
void restart_clock();

// Each returns how many times it has done what its work is counted in.

// Reads all rows of a collection and packs them as JSON text, as many at a time as in a chunk.
std::size_t rows_out(const std::filesystem::path& collection);
// Inserts `count` notes, cards and reviews together into a copy of it, in one transaction.
std::size_t rows_in(const std::filesystem::path& collection, std::size_t count);
// Commits as often: one row changes, and is on the disk.
std::size_t commits(const std::filesystem::path& collection, std::size_t count);

// Unpacks a packed copy into a file, checks the database in it and syncs it.
std::size_t upload(const std::filesystem::path& collection);
// Packs it from the disk into a socket, at whose other end nobody looks at it.
std::size_t download(const std::filesystem::path& collection);

}  // namespace ankiwire::floors
