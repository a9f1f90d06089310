/** Access: tokens, roles, and the viewer's own rights. */
import { useSearchParams } from 'wouter';
import { Page } from '../../ui/page.tsx';
import { Tabs } from '../../ui/tabs.tsx';
import { OwnRightsCard, WhoCard } from './own-rights.tsx';
import { RolesCard } from './roles-card.tsx';
import { TokensCard } from './tokens-card.tsx';

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
                <OwnRightsCard />
              </>
            ),
          },
        ]}
      />
    </Page>
  );
}
