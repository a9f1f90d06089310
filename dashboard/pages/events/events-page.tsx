import { Page } from '../../ui/page.tsx';

export default function StillToCome() {
  return <Page title="events">Not written yet.</Page>;
}
