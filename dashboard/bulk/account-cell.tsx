/** The account of a line of a bulk action. A name may be in a right-to-left script. */
export const AccountCell = ({ of }: { readonly of: { readonly username: string; readonly fullName: string } }) => (
  <div className="min-w-0 md:max-w-64">
    <p className="truncate font-medium">{of.username}</p>
    <p dir="auto" className="truncate text-sm text-muted">
      {of.fullName}
    </p>
  </div>
);
