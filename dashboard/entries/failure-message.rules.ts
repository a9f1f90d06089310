/** What a group of failures says, for people. Pure. */

const STANDS = /<(?:id|n|time|address|name)>/g;

/**
 * The API has "<n>" and the like for what differs between the entries. In a sentence, and above all
 * in the provider's own words, what is left out is three dots, as in any quotation.
 */
export const messageInWords = (message: string): string => message.replace(STANDS, '…');
