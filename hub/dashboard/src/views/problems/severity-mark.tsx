import { IconAlertOctagon, IconAlertTriangle, IconInfoCircle, IconUrgent } from '@tabler/icons-react';
import type { Severity } from '../../../../../protocols/api/operation/problems.ts';
import type { TextKey } from '../../text/texts.ts';
import { useText } from '../../text/use-text.ts';

const faces = {
  critical: { icon: IconUrgent, tone: 'fault' },
  major: { icon: IconAlertOctagon, tone: 'fault' },
  minor: { icon: IconAlertTriangle, tone: 'attention' },
  notice: { icon: IconInfoCircle, tone: 'quiet' },
} as const;

export const severityKeys: Readonly<Record<Severity, TextKey>> = {
  critical: 'problem.is.critical',
  major: 'problem.is.major',
  minor: 'problem.is.minor',
  notice: 'problem.is.notice',
};

/** Colour family of a severity; the icon and the word tell critical from major. */
export function severityTone(severity: Severity): string {
  return faces[severity].tone;
}

/** How bad it is, as shape, word and colour. */
export function SeverityMark({ severity }: { readonly severity: Severity }) {
  const { t } = useText();
  const { icon: Icon, tone } = faces[severity];
  return (
    <span className="state" data-tone={tone} data-pill>
      <Icon aria-hidden />
      {t(severityKeys[severity])}
    </span>
  );
}
