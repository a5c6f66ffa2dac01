import type { DeviceConfiguration } from '../../../../../protocols/api/operation/configuration.ts';
import { useText } from '../../text/use-text.ts';
import { Badge } from './facts.tsx';

type Standing = DeviceConfiguration['settings'][number]['standing'];

const words = {
  same: 'standing.same',
  differs: 'standing.differs',
  failed: 'standing.failed',
  contested: 'standing.contested',
  impossible: 'standing.impossible',
  silent: 'standing.silent',
  'unknown-setting': 'standing.unknown-setting',
  waiting: 'standing.waiting',
  'not-wished': 'standing.not-wished',
} as const;

const tones = {
  same: 'ok',
  differs: 'attention',
  failed: 'fault',
  contested: 'fault',
  impossible: 'fault',
  silent: 'quiet',
  'unknown-setting': 'quiet',
  waiting: 'quiet',
  'not-wished': 'quiet',
} as const;

/** How a setting stands, in a word. */
export function StandingBadge({ standing }: { readonly standing: Standing }) {
  const { t } = useText();
  return <Badge tone={tones[standing]}>{t(words[standing])}</Badge>;
}
