/** The identity provider: its circuit, checks, speed and errors. */
import { useState } from 'react';
import { usePermission } from '../../access/viewer.tsx';
import { useLiveQuery } from '../../live/use-live.ts';
import { Status } from '../../ui/badge.tsx';
import { Loaded } from '../../ui/loaded.tsx';
import { Page } from '../../ui/page.tsx';
import { CIRCUIT_STATE } from '../../ui/words.ts';
import { ActivityCards } from './activity-cards.tsx';
import { ChecksCard } from './checks-card.tsx';
import { CircuitCard } from './circuit-card.tsx';
import { FactsCard } from './facts-card.tsx';
import { HistoryCard } from './history-card.tsx';
import { ProviderQuery } from './provider-query.ts';
import { SimulatorCard } from './simulator-card.tsx';

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
      description="Accounts are created here. While it is down, entries wait and continue automatically."
      badge={circuit !== undefined && circuit.state !== 'CLOSED' && <Status of={CIRCUIT_STATE[circuit.state]} />}
    >
      <Loaded result={result} height={32}>
        {() =>
          provider != null && (
            <>
              <div className="grid items-start gap-4 lg:grid-cols-[3fr_2fr]">
                <div className="grid gap-4">
                  <CircuitCard circuit={provider.circuit} onDone={result.refresh} />
                  {provider.name === 'simulator' && <SimulatorCard onDone={result.refresh} />}
                </div>
                <div className="grid gap-4">
                  <FactsCard provider={provider} />
                  <ChecksCard provider={provider} onDone={result.refresh} />
                </div>
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
