/** Whose account a line of a bulk action is about. Names may be written from the right. */
export const AccountCell = ({ of }: { readonly of: { readonly username: string; readonly fullName: string } }) => (
  <div className="min-w-0 md:max-w-64">
    <p className="truncate font-medium">{of.username}</p>
    <p dir="auto" className="truncate text-sm text-muted">
      {of.fullName}
    </p>
  </div>
);
