/** Names that mean somebody in the trail already: nobody else is called so. */
export const isReserved = (name: string): boolean => /^(local|admin token|the server\b.*)$/i.test(name.trim());
