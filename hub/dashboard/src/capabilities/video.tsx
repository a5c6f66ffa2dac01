import type { TextKey } from '../text/texts.ts';
import { useText } from '../text/use-text.ts';
import { CommandButton } from './parts/command-button.tsx';
import { Badge, Facts } from './parts/facts.tsx';
import type { WidgetProps } from './parts/widget.ts';

const signals = {
  present: 'video.signal.present',
  absent: 'video.signal.absent',
  unknown: 'video.signal.unknown',
} as const satisfies Record<string, TextKey>;

export function VideoWidget({ state }: WidgetProps<'video'>) {
  const { t } = useText();
  return (
    <>
      <Facts
        rows={[
          [t('video.signal'), state.signal === undefined ? undefined : t(signals[state.signal])],
          [t('video.resolution'), state.resolution],
          [t('video.recommended'), state.recommendedResolution],
          ...(state.profiles ?? []).map(
            (profile) =>
              [
                `${t('video.profile')} ${profile.name}`,
                <span key={profile.token} className="number">
                  {[
                    profile.encoding,
                    profile.width && profile.height ? `${profile.width} × ${profile.height}` : undefined,
                    profile.framesPerSecond === undefined
                      ? undefined
                      : t('video.fps', { count: profile.framesPerSecond }),
                  ]
                    .filter((part) => part !== undefined)
                    .join(', ')}
                </span>,
              ] as const,
          ),
        ]}
      />
      {state.blanked ? <Badge tone="attention">{t('video.blanked')}</Badge> : null}
      {state.frozen ? <Badge tone="attention">{t('video.frozen')}</Badge> : null}
      <div className="row">
        <CommandButton capability="video" name="blank" args={{ blanked: !state.blanked }}>
          {state.blanked ? t('video.unblank') : undefined}
        </CommandButton>
        <CommandButton capability="video" name="freeze" args={{ frozen: !state.frozen }}>
          {state.frozen ? t('video.unfreeze') : undefined}
        </CommandButton>
      </div>
    </>
  );
}
