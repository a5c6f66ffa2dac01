import type { TextKey } from '../../text/texts.ts';
import { useText } from '../../text/use-text.ts';
import { Moment } from '../../ui/age.tsx';
import { CommandButton } from '../parts/command-button.tsx';
import { Badge, Facts } from '../parts/facts.tsx';
import type { WidgetProps } from '../parts/widget.ts';

const levels = {
  administrator: 'accounts.administrator',
  operator: 'accounts.operator',
  user: 'accounts.user',
  anonymous: 'accounts.anonymous',
  other: 'accounts.other',
} as const satisfies Record<string, TextKey>;

const verdicts = {
  yes: { key: 'accounts.default.yes', tone: 'fault' },
  no: { key: 'accounts.default.no', tone: 'ok' },
  unknown: { key: 'accounts.default.unknown', tone: 'quiet' },
} as const satisfies Record<string, { key: TextKey; tone: string }>;

export function AccountsWidget({ state }: WidgetProps<'accounts'>) {
  const { t } = useText();
  const verdict = verdicts[state.defaultPassword ?? 'unknown'];
  return (
    <>
      <Badge tone={verdict.tone}>
        {t('accounts.default')}: {t(verdict.key)}
      </Badge>
      {state.open ? <p role="alert">{t('accounts.open')}</p> : null}
      <Facts
        rows={[
          ...(state.users ?? []).map(({ name, level, own }) => {
            const words = t(levels[level]);
            return [name, own ? t('accounts.own', { level: words }) : words] as const;
          }),
          [t('accounts.tried'), state.triedAt === undefined ? undefined : <Moment key="tried" at={state.triedAt} />],
        ]}
      />
      <CommandButton capability="accounts" name="tryDefault" />
    </>
  );
}
