/** The ids of the API. Pure. */
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Ids that are none are not sent: the API would refuse the whole query. */
export const isUuid = (text: string): boolean => UUID.test(text);
