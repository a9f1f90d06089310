/** The API's ids. Pure. */
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Check ids before sending them: the API refuses the whole query when one is invalid. */
export const isUuid = (text: string): boolean => UUID.test(text);
