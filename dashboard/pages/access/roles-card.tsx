/** The four roles; tokens and the sign-in assign them. */
import { useViewer } from '../../access/viewer.tsx';
import { Badge } from '../../ui/badge.tsx';
import { Card } from '../../ui/card.tsx';
import { ROLES } from './access.rules.ts';

export function RolesCard() {
  const { role: own } = useViewer();
  return (
    <Card
      title="Roles"
      hint="Each token has one. People who sign in get theirs from the configuration. A token limited to a family sees and changes only that family."
    >
      <dl className="grid gap-4 md:grid-cols-2">
        {ROLES.map(([role, may, mayNot]) => (
          <div key={role} className="rounded-md border p-3">
            <dt className="flex items-center gap-2 font-semibold">
              {role}
              {role === own && <Badge tone="info">yours</Badge>}
            </dt>
            <dd className="mt-1">{may}</dd>
            <dd className="mt-1 text-muted">{mayNot}</dd>
          </div>
        ))}
      </dl>
    </Card>
  );
}
