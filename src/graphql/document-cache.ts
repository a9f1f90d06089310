/**
 * Caches parsed documents by their text: parsing and validation are half the cost of a small request. The
 * cache is limited by the total length of the texts, not by their number: a parsed document takes a hundred
 * times the memory of its text, so a thousand large ones would take gigabytes.
 */
import { LRUCache } from 'lru-cache';

/** About 400 documents of typical length; at most 75 MB when parsed. */
const MOST_CHARACTERS = 500_000;

/**
 * Creates a cache that evicts the least recently used document. A text longer than a fifth of the limit is
 * not cached.
 */
export const createDocumentCache = <Kept extends NonNullable<unknown>>(mostCharacters = MOST_CHARACTERS) =>
  new LRUCache<string, Kept>({
    maxSize: mostCharacters,
    maxEntrySize: Math.floor(mostCharacters / 5),
    sizeCalculation: (_kept, text) => Math.max(1, text.length),
  });
