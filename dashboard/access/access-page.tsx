/** Access: tokens, roles, and the viewer's own rights. */

import { useSearchParams } from 'wouter';
import { Card } from '../ui/card.tsx';
import { Page, Tabs } from '../ui/page.tsx';
import { Badge } from '../ui/text.tsx';
import { ROLES } from './access.rules.ts';
import { OwnRightsCards, WhoCard } from './own-rights.tsx';
import { TokensCard } from './tokens-card.tsx';
import { useViewer } from './viewer.tsx';

/* The four roles; tokens and the sign-in assign them. */

function RolesCard() {
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

export default function AccessPage() {
  const [params, setParams] = useSearchParams();
  const tab = params.get('tab') === 'rights' ? 'rights' : 'tokens';
  return (
    <Page title="Access" description="Who may call this server, and with which rights.">
      <Tabs
        label="Parts of access"
        value={tab}
        onChange={(next) => setParams(next === 'tokens' ? {} : { tab: next })}
        tabs={[
          {
            value: 'tokens',
            title: 'Tokens and roles',
            content: (
              <>
                <TokensCard />
                <RolesCard />
              </>
            ),
          },
          {
            value: 'rights',
            title: 'You',
            content: (
              <>
                <WhoCard />
                <OwnRightsCards />
              </>
            ),
          },
        ]}
      />
    </Page>
  );
}
