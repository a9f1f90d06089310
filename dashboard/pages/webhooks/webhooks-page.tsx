import { Page } from '../../ui/page.tsx';

export default function StillToCome() {
  return <Page title="webhooks">Not written yet.</Page>;
}
