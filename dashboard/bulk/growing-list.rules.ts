/** What is shown of a list that grows while one looks at it, and goes on at its end. Pure. */

/** As many as one page holds. */
export const PER_PAGE = 50;

export interface GrowingList<Node> {
  readonly nodes: readonly Node[];
  readonly pageInfo: { readonly endCursor: string | null; readonly hasNextPage: boolean };
}

/**
 * From where to ask once there are more of them: null is the beginning, undefined not at all, since
 * more are a click away already. Only a first page is asked for again: one that was held back may
 * have come into it.
 */
export function askFrom({ nodes, pageInfo }: GrowingList<unknown>): string | null | undefined {
  if (nodes.length <= PER_PAGE) return null;
  return pageInfo.hasNextPage ? undefined : pageInfo.endCursor;
}

/** What was shown with a page that came after it; from the beginning, the page alone. */
export function withPage<Node>(
  before: GrowingList<Node>,
  page: GrowingList<Node>,
  after: string | null,
): GrowingList<Node> {
  if (after === null) return page;
  // An empty page has no end of its own.
  const endCursor = page.pageInfo.endCursor ?? before.pageInfo.endCursor;
  return { nodes: [...before.nodes, ...page.nodes], pageInfo: { ...page.pageInfo, endCursor } };
}
