// Graphs as text, for bug reports: SATEEN_DUMP_GRAPH=FOLDER writes every graph that is compiled to a file of its own.
//
// The format, version 1. Lines end in a newline; one that begins with '#' is for people. The others are words with one
// space between them, the first of which says what the line is:
//
//   sateen-graph 1
//   graph flags=0 math=f32 storages=2 tensors=3 ops=1
//   storage 0 role=external flags=frozen bytes=4096
//   storage 1 role=intermediate flags=0 bytes=512
//   tensor 0 dtype=f32 storage=0 offset=128 dim=3,5
//   …
//   op 0 kind=dense_forward name="dense1.forward" src=1,0,none dst=2
//
// The version and the graph come first, then every storage, tensor and operation in the order of the graph, counted
// from 0; the graph's line says how many there are. The words are the fields of backend.h's structures, all of them but
// for sizes, strides and what is reserved; an operation's line ends with all those of its attributes. Lists have a
// comma between their items; "none" is SATEEN_NONE; dim has as many items as the tensor's rank.
// Constants stand by name: math f32; role external, intermediate; flags frozen; dtype f32, i32, u8; kind as in
// SATEEN_FOR_EACH_OP. Any other value is its number. Whole numbers are decimal. Floats are the shortest decimals that
// read back as the same f32, or inf, -inf, or nan: and the eight hexadecimal digits of the bits.
// A name stands in quotes and may hold spaces; \" and \\ are a quote and a backslash, \xNN is a byte that is no
// printable ASCII.
// Attributes of an unknown kind, or of another size than the kind's page has, are attrs= and their bytes in hexadecimal.
#pragma once

#include <filesystem>
#include <string>

#include "sateen/backend.h"
#include "sateen/device.hpp"

namespace sateen {

/// The graph in the format above; of the comment, what isn't printable ASCII is \xNN.
std::string graph_text(const sateen_graph& graph, const std::string& comment = {});

/// Writes a new file graph-0001.txt, or the first of these numbers that is free, and gives its path. Throws
/// Error(kOutput), and then there is no such file.
std::filesystem::path dump_graph(const std::filesystem::path& folder, const std::string& text);

/// Does this where SATEEN_DUMP_GRAPH names a folder. A set-user-ID program ignores it.
void dump_graph_if_asked(const sateen_graph& graph, const DeviceInfo& device);

}  // namespace sateen
