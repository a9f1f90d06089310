/** The jobs with their last run, kept up to date, and a button that runs one now. */
import { gql } from '@apollo/client';
import { client, follow } from './client.js';

const JOB = gql`
  fragment Job on JobSchedule {
    id
    name
    nextFireAt
    lastRun {
      id
      status
      startedAt
      duration
    }
  }
`;
const JOBS = gql`
  query Jobs {
    jobSchedules {
      ...Job
    }
  }
  ${JOB}
`;
const RUN_CHANGED = gql`
  subscription RunChanged($after: String) {
    jobRunChanged(after: $after) {
      cursor
      jobRun {
        id
        status
        job {
          ...Job
        }
      }
    }
  }
  ${JOB}
`;
const RUN_NOW = gql`
  mutation RunNow($jobName: String!) {
    runJobNow(input: { jobName: $jobName }) {
      ... on RunJobNowPayload {
        run {
          id
          runId
        }
      }
      ... on MutationError {
        code
        message
      }
    }
  }
`;
const CURSOR = gql`
  query Cursor {
    changeCursor
  }
`;

const show = (id, text) => {
  document.getElementById(id).textContent = text;
};

async function run(jobName) {
  try {
    const { data } = await client.mutate({ mutation: RUN_NOW, variables: { jobName } });
    const result = data.runJobNow;
    // A union: the payload, or an error that the caller can act on.
    show('message', result.run ? `Started ${jobName}` : `${result.code}: ${result.message}`);
  } catch (error) {
    show('message', error.message);
  }
}

function row({ name, nextFireAt, lastRun }) {
  const tr = document.createElement('tr');
  const time = (instant) => (instant === null ? '' : new Date(instant).toLocaleString());
  for (const text of [
    name,
    time(nextFireAt),
    lastRun === null ? 'none' : `${lastRun.status} ${time(lastRun.startedAt)}`,
  ])
    tr.insertCell().textContent = text;
  const button = document.createElement('button');
  button.textContent = `Run ${name}`;
  button.addEventListener('click', () => void run(name));
  tr.insertCell().append(button);
  return tr;
}

client.watchQuery({ query: JOBS, fetchPolicy: 'cache-only' }).subscribe(({ data }) => {
  const jobs = data?.jobSchedules ?? [];
  document.getElementById('jobs').replaceChildren(...jobs.map(row));
});

follow(RUN_CHANGED, {
  // The cursor first, then the data: what changes in between comes with the first events.
  async start() {
    const { data } = await client.query({ query: CURSOR, fetchPolicy: 'no-cache' });
    await client.query({ query: JOBS, fetchPolicy: 'network-only' });
    return data.changeCursor;
  },
  onState: (text) => show('state', text),
});
