/** Nothing to show here: a dash in a table; a phone's list leaves the line out (app.css). */
export const None = () => (
  <span data-none className="text-muted">
    –
  </span>
);
