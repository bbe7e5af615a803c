"""A random forest, read from plain lists and walked without any library."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mlops.predictors import checks

MOST_TREES = 2_000
MOST_NODES = 200_000  # of all trees together

# A node is (input, threshold, missing goes left, left, right, column, changes): the
# last two say which column the turn to it asked about and how that changed each
# share. A leaf has input -1. Tuples, because hundreds are walked for every case.
Node = tuple[Any, ...]
Shares = tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Forest:
    """Trees whose nodes hold shares: of the second of two decisions, or of each."""

    trees: tuple[Node, ...]
    root: Shares  # mean over the roots: what the forest says knowing nothing
    floor: float
    weight: float

    def add(
        self,
        inputs: Sequence[float],
        scores: list[float],
        weights: list[list[float]],
    ) -> None:
        """Add the forest's scores, and what it owes to each column.

        A column's part of the change in share becomes its part of the change in
        score in proportion.
        """
        visited = self._visited(inputs)
        for k, root in enumerate(self.root):
            owed = [0.0] * len(weights[k])
            for node in visited:
                owed[node[5]] += node[6][k]
            change = math.fsum(owed) / len(self.trees)
            before, after = self._score(root, root), self._score(root + change, root)
            scores[k] += self.weight * after
            if abs(change) > 1e-12:
                factor = self.weight * (after - before) / change / len(self.trees)
                for column, amount in enumerate(owed):
                    weights[k][column] += factor * amount

    def _visited(self, inputs: Sequence[float]) -> list[Node]:
        """The nodes below the roots that a case comes by."""
        visited = []
        for node in self.trees:
            while (place := node[0]) >= 0:
                value = inputs[place]
                # NaN alone differs from itself
                left = value <= node[1] or (node[2] and value != value)
                node = node[3] if left else node[4]
                visited.append(node)
        return visited

    def _score(self, share: float, root: float) -> float:
        raised = (1 - self.floor) * share + self.floor * root
        return math.log(raised / (1 - raised) if len(self.root) == 1 else raised)


def read_forest(described: Any, owners: tuple[int, ...], count: int) -> Forest | None:
    """Raises ModelFormatError unless it is nothing, or trees over these inputs."""
    if described is None:
        return None
    entry = checks.an_object(described, "the forest")
    trees, roots, room = [], [], MOST_NODES
    for item in checks.a_list(entry.get("trees"), "the trees", MOST_TREES):
        listed = _read_tree(checks.an_object(item, "a tree"), len(owners), count, room)
        room -= len(listed.inputs)
        roots.append([shares[0] for shares in listed.shares])
        trees.append(_grow(listed, owners))
    if not trees:
        raise checks.fail("the forest has no trees")
    root = tuple(math.fsum(shares) / len(roots) for shares in zip(*roots, strict=True))
    floor = checks.a_number(entry.get("floor"), "the floor")
    weight = checks.a_number(entry.get("weight"), "the weight of the forest")
    if not 0 < floor < 1 or not all(0 < share < 1 for share in root):
        raise checks.fail("the forest leaves a decision no chance")
    return Forest(tuple(trees), root, floor, weight)


@dataclass(frozen=True, slots=True)
class Listed:
    """A tree as lists with one entry for each node, parents before children."""

    inputs: list[int]
    thresholds: list[float]
    missing_left: list[int]
    left: list[int]
    right: list[int]
    shares: list[list[float]]


def _read_tree(entry: Mapping[str, Any], inputs: int, count: int, room: int) -> Listed:
    """Children come after their parent, so that no walk can run in a circle."""
    size = len(checks.a_list(entry.get("input"), "the inputs of a tree", room))
    shares = checks.a_list(entry.get("shares"), "the shares of a tree", count)
    if size == 0 or len(shares) != count:
        raise checks.fail("a tree is empty or does not know every decision")
    listed = Listed(
        checks.wholes(entry.get("input"), "inputs", size, (-1, inputs)),
        checks.floats(entry.get("threshold"), "thresholds", size),
        checks.wholes(entry.get("missing_left"), "missing_left", size, (0, 2)),
        checks.wholes(entry.get("left"), "left children", size, (0, size)),
        checks.wholes(entry.get("right"), "right children", size, (0, size)),
        [checks.floats(each, "shares", size) for each in shares],
    )
    if any(min(each) < 0 or max(each) > 1 + 1e-9 for each in listed.shares):
        raise checks.fail("a share is not between 0 and 1")
    turns = [place for place, at in enumerate(listed.inputs) if at >= 0]
    if any(min(listed.left[i], listed.right[i]) <= i for i in turns):
        raise checks.fail("a node of a tree comes before its parent")
    children = [listed.left[i] for i in turns] + [listed.right[i] for i in turns]
    if sorted(children) != list(range(1, size)):
        raise checks.fail("a node of a tree has not exactly one parent")
    return listed


def _grow(listed: Listed, owners: tuple[int, ...]) -> Node:
    """Nested nodes, made from the leaves up."""
    size = len(listed.inputs)
    parents = [0] * size
    for place, at in enumerate(listed.inputs):
        if at >= 0:
            parents[listed.left[place]] = parents[listed.right[place]] = place
    grown: list[Node] = [()] * size
    for place in range(size - 1, -1, -1):
        at, parent = listed.inputs[place], parents[place]
        changes = tuple([each[place] - each[parent] for each in listed.shares])
        owner = owners[listed.inputs[parent]] if place else -1
        turn = at >= 0
        grown[place] = (
            at,
            listed.thresholds[place],
            listed.missing_left[place],
            grown[listed.left[place]] if turn else None,
            grown[listed.right[place]] if turn else None,
            owner,
            changes,
        )
    return grown[0]
