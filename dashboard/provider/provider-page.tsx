/** The identity provider: its circuit, checks, speed and errors. */

import { useState } from 'react';
import { usePermission } from '../access/viewer.tsx';
import { useLiveQuery } from '../live/use-live.ts';
import { Card, Facts } from '../ui/card.tsx';
import { Copied } from '../ui/copy.tsx';
import { Loaded } from '../ui/notice.tsx';
import { Page } from '../ui/page.tsx';
import { Status } from '../ui/text.tsx';
import { Length, Time } from '../ui/time.tsx';
import { CIRCUIT_STATE, TOKEN_KIND } from '../ui/words.ts';
import { ActivityCards } from './activity-cards.tsx';
import { ChecksCard, HistoryCard } from './checks-card.tsx';
import { CircuitCard, SimulatorCard } from './circuit-card.tsx';
import { type Provider, ProviderQuery } from './provider-query.ts';

/* The provider's address, our token, and the latency of calls. */

function FactsCard({ provider }: { readonly provider: Provider }) {
  const { name, url, instanceHost, organizationId, tokenKind, tokenExpiresAt, latencyP50, latencyP95 } = provider;
  const isSimulator = name === 'simulator';
  return (
    <Card title="Connection">
      <Facts
        of={[
          ['Provider', isSimulator ? 'Built-in simulator' : name === 'zitadel' ? 'Zitadel' : name],
          ['Address', url === null ? null : <Copied key="url" of={url} label="the address" />],
          ...(instanceHost === null ? [] : [['External domain', instanceHost] as const]),
          [
            'Organization',
            organizationId === null ? null : (
              <Copied key="organization" of={organizationId} label="the organization’s id" />
            ),
          ],
          ['Access', TOKEN_KIND[tokenKind]],
          ...(tokenKind === 'NONE' ? [] : [['Token expires', <TokenEnd key="end" at={tokenExpiresAt} />] as const]),
          [
            'Calls',
            <span key="calls">
              p50 <Length of={latencyP50} /> · p95 <Length of={latencyP95} />{' '}
              <span className="text-muted">of this node’s last 1,000</span>
            </span>,
          ],
        ]}
      />
    </Card>
  );
}

const TokenEnd = ({ at }: { readonly at: string | null }) => (at === null ? 'Not known' : <Time at={at} />);

const FEW = 10;
const MANY = 100;

export default function ProviderPage() {
  const [shown, setShown] = useState(FEW);
  const result = useLiveQuery({
    query: ProviderQuery,
    variables: { transitions: shown },
    on: ['CIRCUIT'],
    // The live stream does not publish checks and latency, so they are polled.
    everyMs: 10_000,
    isPaused: !usePermission('identityProvider').isAllowed,
  });
  const provider = result.data?.identityProvider;
  const circuit = provider?.circuit;
  return (
    <Page
      title="Identity provider"
      description="Accounts are created here. While it is down, entries wait."
      badge={circuit !== undefined && circuit.state !== 'CLOSED' && <Status of={CIRCUIT_STATE[circuit.state]} />}
    >
      <Loaded result={result} height={32}>
        {() =>
          provider != null && (
            <>
              <CircuitCard circuit={provider.circuit} onDone={result.refresh} />
              {provider.name === 'simulator' && <SimulatorCard onDone={result.refresh} />}
              <div className="grid gap-4 lg:grid-cols-2">
                <ChecksCard provider={provider} onDone={result.refresh} />
                <FactsCard provider={provider} />
              </div>
              <ActivityCards />
              <HistoryCard
                transitions={provider.circuit.transitions}
                onMore={shown === FEW && provider.circuit.transitions.length === FEW ? () => setShown(MANY) : undefined}
              />
            </>
          )
        }
      </Loaded>
    </Page>
  );
}
