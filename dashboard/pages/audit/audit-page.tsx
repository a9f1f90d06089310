import { Page } from '../../ui/page.tsx';

export default function StillToCome() {
  return <Page title="audit">Not written yet.</Page>;
}
