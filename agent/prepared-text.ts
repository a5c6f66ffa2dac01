import type { Prepared } from './enrolment.ts';

/** What a person reads in a room without a network, in both languages; pure. It never promises what only the hub knows. */
export function tellPrepared({ hubUrl, claims, expiry }: Prepared, nowMs: number): readonly string[] {
  const end = claims && `${claims.expiresAt.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
  const clock = `${new Date(nowMs).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
  return [
    claims
      ? `Máy này sẽ ghi danh vào: ${claims.school}. / This machine will join: ${claims.school}.`
      : 'Mã gõ tay không cho biết trường; máy chủ sẽ kiểm tra. / A typed code names no school; the hub will check it.',
    ...(expiry === 'open' ? [`Phiếu có hiệu lực đến ${end}. / The voucher is good until ${end}.`] : []),
    ...(expiry === 'clock-wrong'
      ? [
          `Đồng hồ máy này chỉ ${clock}, không tin được; hạn ${end} do máy chủ kiểm tra. / The clock of this machine says ${clock}, which cannot be right; the end of the voucher, ${end}, is checked by the hub.`,
        ]
      : []),
    `Máy tự ghi danh khi tới được ${hubUrl}. Trong lúc chờ nó đã thu thập dữ liệu: edufleet-agent run. / It enrols when ${hubUrl} can be reached, and collects meanwhile: edufleet-agent run`,
  ];
}
