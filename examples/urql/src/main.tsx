/** Asks for a token, then shows the queue. An application of yours has the access token of its own sign-in instead. */
import { type FormEvent, StrictMode, useState } from 'react';
import { createRoot } from 'react-dom/client';
import { type Client, Provider } from 'urql';
import { EnqueueForm } from './enqueue.tsx';
import { EntriesPage } from './entries.tsx';
import { createHub, graphql } from './hub.ts';

const Viewer = graphql('query Viewer { viewer { name role } }');

function App() {
  const [hub, setHub] = useState<Client>();
  const [problem, setProblem] = useState('');

  async function signIn(event: FormEvent<HTMLFormElement>): Promise<void> {
    event.preventDefault();
    const candidate = createHub(String(new FormData(event.currentTarget).get('token')).trim());
    const { data, error } = await candidate.query(Viewer, {});
    if (data?.viewer == null) setProblem(error?.message ?? 'There was no answer.');
    else setHub(candidate);
  }

  if (hub !== undefined)
    return (
      <Provider value={hub}>
        <EnqueueForm />
        <EntriesPage />
      </Provider>
    );
  return (
    <form onSubmit={(event) => void signIn(event)}>
      <label>
        Token <input name="token" type="password" placeholder="none, without access control" />
      </label>
      <button type="submit">Continue</button>
      <p role="alert">{problem}</p>
    </form>
  );
}

const root = document.getElementById('root');
if (root !== null)
  createRoot(root).render(
    <StrictMode>
      <App />
    </StrictMode>,
  );
