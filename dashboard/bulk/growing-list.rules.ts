/** A paged list that grows while it is shown: which page to fetch, and how to merge it. Pure. */

/** The size of a page. */
export const PER_PAGE = 50;

export interface GrowingList<Node> {
  readonly nodes: readonly Node[];
  readonly pageInfo: { readonly endCursor: string | null; readonly hasNextPage: boolean };
}

/**
 * The cursor to fetch from after the list has grown: null for the beginning, undefined for no request, since a button
 * loads more. Only the first page is fetched again: an entry that another transaction had locked is processed later,
 * and may belong on it.
 */
export function askFrom({ nodes, pageInfo }: GrowingList<unknown>): string | null | undefined {
  if (nodes.length <= PER_PAGE) return null;
  return pageInfo.hasNextPage ? undefined : pageInfo.endCursor;
}

/** The list with the page that follows it; a page from the beginning replaces the list. */
export function withPage<Node>(
  before: GrowingList<Node>,
  page: GrowingList<Node>,
  after: string | null,
): GrowingList<Node> {
  if (after === null) return page;
  // An empty page has no end cursor.
  const endCursor = page.pageInfo.endCursor ?? before.pageInfo.endCursor;
  return { nodes: [...before.nodes, ...page.nodes], pageInfo: { ...page.pageInfo, endCursor } };
}
