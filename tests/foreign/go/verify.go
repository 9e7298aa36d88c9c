// Reads claims about a log as a JSON array, and answers with a JSON array which of them it believes. All that is
// verified here is verified by Go's own packages; this program only hands them their arguments.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type claim struct {
	About      string `json:"about"`
	Vkey       string `json:"vkey"`
	Checkpoint string `json:"checkpoint"`
	Said       said   `json:"said"`
}

// One of the three is given.
type said struct {
	Inclusion *struct {
		Entry []byte      `json:"entry"`
		Index int64       `json:"index"`
		Proof []tlog.Hash `json:"proof"`
	} `json:"inclusion"`
	Consistency *struct {
		Size  int64       `json:"size"`
		Root  tlog.Hash   `json:"root"`
		Proof []tlog.Hash `json:"proof"`
	} `json:"consistency"`
	Tiles *struct {
		Entry []byte            `json:"entry"`
		Index int64             `json:"index"`
		Tiles map[string][]byte `json:"tiles"`
	} `json:"tiles"`
}

func main() {
	var claims []claim
	if err := json.NewDecoder(os.Stdin).Decode(&claims); err != nil {
		fmt.Fprintln(os.Stderr, "the claims cannot be read:", err)
		os.Exit(1)
	}
	believed := make([]bool, len(claims))
	for i, claim := range claims {
		err := claim.check()
		believed[i] = err == nil
	}
	if err := json.NewEncoder(os.Stdout).Encode(believed); err != nil {
		os.Exit(1)
	}
}

func (c claim) check() error {
	tree, err := c.open()
	if err != nil {
		return err
	}
	if it := c.Said.Inclusion; it != nil {
		return tlog.CheckRecord(it.Proof, tree.N, tree.Hash, it.Index, tlog.RecordHash(it.Entry))
	}
	if it := c.Said.Consistency; it != nil {
		return tlog.CheckTree(it.Proof, tree.N, tree.Hash, it.Size, it.Root)
	}
	if it := c.Said.Tiles; it != nil {
		reader := tlog.TileHashReader(tree, served(it.Tiles))
		hashes, err := reader.ReadHashes([]int64{tlog.StoredHashIndex(0, it.Index)})
		if err != nil {
			return err
		}
		// In small trees the reader of x/mod 0.7.0 does not hold every tile against the one above it. Every hash of a
		// tile goes into the proof for one of its leaves, so that this does.
		proof, err := tlog.ProveRecord(tree.N, it.Index, reader)
		if err != nil {
			return err
		}
		if hashes[0] != tlog.RecordHash(it.Entry) {
			return errors.New("the tiles have another leaf")
		}
		return tlog.CheckRecord(proof, tree.N, tree.Hash, it.Index, hashes[0])
	}
	return errors.New("nothing is claimed")
}

// open verifies the note, and reads its three lines.
func (c claim) open() (tlog.Tree, error) {
	verifier, err := note.NewVerifier(c.Vkey)
	if err != nil {
		return tlog.Tree{}, err
	}
	opened, err := note.Open([]byte(c.Checkpoint), note.VerifierList(verifier))
	if err != nil {
		return tlog.Tree{}, err
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 || lines[0] != verifier.Name() {
		return tlog.Tree{}, errors.New("the note is no checkpoint of this log")
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil {
		return tlog.Tree{}, err
	}
	root, err := tlog.ParseHash(lines[2])
	return tlog.Tree{N: size, Hash: root}, err
}

// served has the tiles by the paths of C2SP. Go's own paths also name the height of tiles.
type served map[string][]byte

func (s served) Height() int { return 8 }

func (s served) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var read [][]byte
	for _, tile := range tiles {
		data, ok := s[strings.Replace(tile.Path(), "tile/8/", "tile/", 1)]
		if !ok {
			return nil, fmt.Errorf("%s is missing", tile.Path())
		}
		read = append(read, data)
	}
	return read, nil
}

func (s served) SaveTiles(tiles []tlog.Tile, data [][]byte) {}
