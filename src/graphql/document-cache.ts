/**
 * Parsed documents, kept by their text: parsing and validating are half of a small request. What
 * is kept is bounded by the length of the texts, not by their number: a parsed document takes a
 * hundred times the room of its text, so that a thousand large ones would take gigabytes.
 */

/** Some 400 documents of a usual length; at worst 75 MB once parsed. */
const MOST_CHARACTERS = 500_000;

export interface DocumentCache<Kept> {
  get(text: string): Kept | undefined;
  set(text: string, kept: Kept): void;
}

/** Forgets what was not asked for the longest. One text longer than a fifth of all is not kept. */
export function createDocumentCache<Kept>(mostCharacters = MOST_CHARACTERS): DocumentCache<Kept> {
  const entries = new Map<string, Kept>();
  let characters = 0;
  return {
    get(text) {
      const kept = entries.get(text);
      if (kept === undefined) return undefined;
      entries.delete(text);
      entries.set(text, kept);
      return kept;
    },
    set(text, kept) {
      if (text.length > mostCharacters / 5) return;
      if (!entries.delete(text)) characters += text.length;
      entries.set(text, kept);
      for (const oldest of entries.keys()) {
        if (characters <= mostCharacters) break;
        entries.delete(oldest);
        characters -= oldest.length;
      }
    },
  };
}
