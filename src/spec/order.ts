/**
 * The nodes of a graph with those that each needs before it, otherwise in the order given, and the circles in it. A circle is a list of
 * nodes each of which needs the next; the last one needs the first.
 */
export function orderByNeed(
  nodes: readonly string[],
  needs: (node: string) => readonly string[],
): { readonly order: readonly string[]; readonly circles: readonly (readonly string[])[] } {
  const order: string[] = [];
  const circles: string[][] = [];
  const done = new Set<string>();
  const open: Visit[] = [];
  const onPath = new Set<string>();
  const enter = (node: string): void => {
    open.push({ node, needs: needs(node).values() });
    onPath.add(node);
  };
  for (const root of nodes) {
    if (!done.has(root)) enter(root);
    for (let visit = open.at(-1); visit; visit = open.at(-1)) {
      const next = visit.needs.next();
      if (next.done) {
        open.pop();
        onPath.delete(visit.node);
        done.add(visit.node);
        order.push(visit.node);
      } else if (onPath.has(next.value)) {
        circles.push(open.map(({ node }) => node).slice(open.findIndex(({ node }) => node === next.value)));
      } else if (!done.has(next.value)) {
        enter(next.value);
      }
    }
  }
  return { order, circles };
}

interface Visit {
  readonly node: string;
  readonly needs: Iterator<string>;
}
