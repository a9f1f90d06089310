/** Of each run so many lines are kept at most; the last then says how many more there were. */
export const MOST_LINES = 500;
