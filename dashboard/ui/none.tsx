/** No value: a dash in a table; the list on a phone leaves the line out (app.css). */
export const None = () => (
  <span data-none className="text-muted">
    –
  </span>
);
