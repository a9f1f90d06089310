/** The message of a failure group in readable words. Pure. */

const STANDS = /<(?:id|n|time|address|name)>/g;

/**
 * The API puts "<n>" and similar placeholders where the entries' messages differ. They become an ellipsis, as in any
 * quotation, since most of these messages quote the provider.
 */
export const messageInWords = (message: string): string => message.replace(STANDS, '…');
