/** The filters and the page of a list, as written in the address bar. Pure. */

export interface PageAsked {
  readonly first?: number;
  readonly after?: string;
  readonly last?: number;
  readonly before?: string;
}

/** The page that an address requests, as the API takes it. */
export function pageOf(params: URLSearchParams, perPage: number): PageAsked {
  const [after, before] = [params.get('after'), params.get('before')];
  if (before !== null && before !== '') return { last: perPage, before };
  return after === null || after === '' ? { first: perPage } : { first: perPage, after };
}

export type Change = Readonly<Record<string, string | undefined>>;

/** The parameters with some of them changed; a change of a filter goes back to the first page. */
export function withChange(params: URLSearchParams, change: Change, filters: readonly string[]): URLSearchParams {
  const next = new URLSearchParams(params);
  const names = Object.keys(change);
  if (names.some((name) => filters.includes(name) || name === 'after' || name === 'before')) {
    next.delete('after');
    next.delete('before');
  }
  for (const [name, value] of Object.entries(change)) {
    if (value === undefined || value === '') next.delete(name);
    else next.set(name, value);
  }
  return next;
}

/** The instant that a text contains, as the API takes it; undefined for anything else. */
export function instantIn(text: string | null | undefined): string | undefined {
  // Browsers parse nearly anything as a date: -1 is in the year 2001.
  const ms = /^\d{4}-\d\d/.test(text ?? '') ? Date.parse(text ?? '') : Number.NaN;
  const instant = Number.isNaN(ms) ? undefined : new Date(ms).toISOString();
  // Years of more than four digits get a sign, which RFC 3339 does not allow.
  return instant?.length === 24 ? instant : undefined;
}

/** A time span from the ends that are valid instants; undefined when neither is. */
export function spanOf(
  from: string | undefined,
  to: string | undefined,
): { readonly from?: string; readonly to?: string } | undefined {
  const span = { from: instantIn(from), to: instantIn(to) };
  if (span.from === undefined && span.to === undefined) return undefined;
  return { ...(span.from !== undefined && { from: span.from }), ...(span.to !== undefined && { to: span.to }) };
}
