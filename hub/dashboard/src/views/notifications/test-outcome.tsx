import type { ChannelTestResult } from '../../../../../protocols/api/operation/notification-channels.ts';
import { useText } from '../../text/use-text.ts';

/** What came of a test message. */
export function TestOutcome({ result }: { readonly result: ChannelTestResult | undefined }) {
  const { t } = useText();
  if (!result) return null;
  return (
    <div className="notice" role="status" data-tone={result.ok ? 'ok' : 'fault'}>
      <div>
        <div>{t(result.ok ? 'channels.test.ok' : 'channels.test.failed')}</div>
        {result.ok ? null : (
          <div className="small">
            {result.detail} <span className="code">{t('error.code', { code: result.code ?? '' })}</span>
          </div>
        )}
      </div>
    </div>
  );
}
