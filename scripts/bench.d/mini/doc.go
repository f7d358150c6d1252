// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

// Command mini holds the program's libraries and does next to nothing with them: a journal, a web server, a
// websocket, a code. It shows what size and memory cost before a line of the program's own. It serves until it is
// ended, and nothing else uses it.
package main
