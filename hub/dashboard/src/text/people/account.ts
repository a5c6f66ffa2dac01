import { defineTexts } from '../define.ts';

/** One's own account: the second step at sign-in, and tokens of programs. */
export const accountTexts = defineTexts({
  'account.title': { vi: 'Tài khoản của tôi', en: 'My account' },
  'account.open': { vi: 'Bảo mật và mã truy cập', en: 'Security and tokens' },
  'proof.password': { vi: 'Mật khẩu của bạn', en: 'Your password' },
  'proof.wrongPassword': { vi: 'Mật khẩu không đúng.', en: 'The password is not right.' },
  'proof.wrongCode': {
    vi: 'Mã không đúng hoặc đã dùng rồi. Chờ mã mới hiện ra trên ứng dụng rồi nhập lại; kiểm tra giờ của điện thoại.',
    en: 'The code is not right, or was used already. Wait for the next one in the app; check the clock of the phone.',
  },
  'proof.continue': { vi: 'Tiếp tục', en: 'Continue' },

  'step.title': { vi: 'Xác thực hai bước', en: 'Two-step sign-in' },
  'step.what': {
    vi: 'Sau mật khẩu, hệ thống hỏi thêm một mã sáu chữ số từ ứng dụng trên điện thoại. Người biết mật khẩu của bạn vẫn không vào được.',
    en: 'After the password you are asked for six digits from an app on your phone. Who knows your password does not get in.',
  },
  'step.on': { vi: 'Đang bật', en: 'On' },
  'step.off': { vi: 'Đang tắt', en: 'Off' },
  'step.setUp': { vi: 'Bật xác thực hai bước', en: 'Set up two-step sign-in' },
  'step.must': {
    vi: 'Vai trò của bạn cần xác thực hai bước. Hãy thiết lập để tiếp tục; chỉ mất một phút.',
    en: 'Your role asks for two-step sign-in. Set it up to go on; it takes a minute.',
  },
  'step.scan': {
    vi: 'Mở ứng dụng xác thực trên điện thoại (Google Authenticator, Microsoft Authenticator, Aegis...) và quét mã này.',
    en: 'Open an authenticator on your phone (Google Authenticator, Microsoft Authenticator, Aegis...) and scan this.',
  },
  'step.qr': { vi: 'Mã QR cho ứng dụng xác thực', en: 'QR code for the authenticator' },
  'step.type': { vi: 'Không quét được? Nhập khóa này vào ứng dụng:', en: 'Cannot scan? Type this key into the app:' },
  'step.code': { vi: 'Mã sáu chữ số trên điện thoại', en: 'Six digits on the phone' },
  'step.confirm': { vi: 'Xác nhận', en: 'Confirm' },
  'step.codes': { vi: 'Mã dự phòng', en: 'Backup codes' },
  'step.codes.once': {
    vi: 'Mỗi mã dùng được một lần khi không có điện thoại. Các mã chỉ hiện lúc này: hãy chép ra giấy và cất riêng.',
    en: 'Each works once when the phone is not at hand. They are shown only now: write them down and keep them apart.',
  },
  'step.codes.kept': { vi: 'Tôi đã cất các mã này', en: 'I have kept them' },
  'step.codes.renew': { vi: 'Cấp mã dự phòng mới', en: 'New backup codes' },
  'step.codes.renew.text': {
    vi: 'Các mã dự phòng cũ sẽ không dùng được nữa.',
    en: 'The older backup codes will be worth nothing.',
  },
  'step.disable': { vi: 'Tắt', en: 'Turn off' },
  'step.disable.text': {
    vi: 'Từ lần sau chỉ cần mật khẩu là vào được. Nếu vai trò của bạn cần xác thực hai bước, bạn phải thiết lập lại ngay.',
    en: 'From then on the password alone is enough. If your role asks for two steps, you must set it up again at once.',
  },
  'step.disabled': { vi: 'Đã tắt xác thực hai bước', en: 'Two-step sign-in is off' },

  'signIn.second': {
    vi: 'Mã sáu chữ số trong ứng dụng trên điện thoại, hoặc một mã dự phòng.',
    en: 'Six digits from the app on your phone, or a backup code.',
  },
  'signIn.second.code': { vi: 'Mã xác thực', en: 'Code' },
  'signIn.second.back': { vi: 'Đăng nhập bằng tài khoản khác', en: 'Sign in as somebody else' },
  'signIn.second.lost': {
    vi: 'Mất điện thoại và hết mã dự phòng? Quản trị viên gỡ xác thực hai bước giúp bạn.',
    en: 'Lost the phone and out of backup codes? An administrator can take two-step sign-in off.',
  },
  'signIn.expired': {
    vi: 'Đã quá năm phút hoặc nhập sai nhiều lần. Hãy nhập lại mật khẩu.',
    en: 'That took more than five minutes, or was wrong too often. Enter the password again.',
  },

  'signIn.sso': { vi: 'Đăng nhập bằng {{label}}', en: 'Sign in with {{label}}' },
  'signIn.or': { vi: 'hoặc', en: 'or' },
  'signIn.sso.unknown': {
    vi: 'Tài khoản này chưa được dùng hệ thống. Hãy nhờ quản trị viên thêm bạn bằng đúng thư điện tử đó.',
    en: 'This account may not use the system yet. Ask an administrator to add you with that e-mail address.',
  },
  'signIn.sso.email': {
    vi: 'Nơi đăng nhập không cho biết thư điện tử của bạn. Hãy báo người phụ trách hệ thống.',
    en: 'The provider does not tell your e-mail address. Tell whoever runs the system.',
  },
  'signIn.sso.denied': { vi: 'Bạn đã dừng đăng nhập.', en: 'You stopped the sign-in.' },
  'signIn.sso.failed': {
    vi: 'Đăng nhập một lần không thành. Hãy thử lại; nếu vẫn lỗi, dùng mật khẩu và báo người phụ trách hệ thống.',
    en: 'Single sign-on did not work. Try again; if it stays, use your password and tell whoever runs the system.',
  },
  'people.bySso': { vi: 'do nơi đăng nhập cấp', en: 'given by the sign-in provider' },
  'people.bySso.about': {
    vi: 'Các vai trò này do nơi đăng nhập một lần cấp và được làm mới mỗi lần người đó đăng nhập:',
    en: 'These roles come from single sign-on, anew with each sign-in:',
  },

  'people.twoStep': { vi: 'có xác thực hai bước', en: 'two-step sign-in' },
  'people.twoStep.reset': { vi: 'Gỡ xác thực hai bước', en: 'Take two-step sign-in off' },
  'people.twoStep.reset.text': {
    vi: '{{name}} bị đăng xuất ở mọi nơi, mọi khóa đăng nhập bị gỡ, và lần sau chỉ cần mật khẩu. Hãy chắc chắn rằng đúng người đó đang nhờ bạn.',
    en: '{{name}} is signed out everywhere, passkeys are removed, and only the password is needed next time. Be sure that it is really them who asks.',
  },

  'emergency.other': {
    vi: 'Quyền khẩn cấp: {{email}} là quản trị tỉnh đến {{until}}. Nếu bạn không biết việc này, hãy khóa tài khoản đó và báo người phụ trách máy chủ.',
    en: 'Emergency access: {{email}} is province administrator until {{until}}. If you do not know of it, shut the account out and tell whoever runs the server.',
  },
  'emergency.self': {
    vi: 'Bạn đang dùng quyền khẩn cấp, đến {{until}}. Mọi việc bạn làm đều được ghi lại.',
    en: 'You are using emergency access, until {{until}}. Everything you do is written down.',
  },
  'emergency.signIns': {
    vi: 'Đã đăng nhập {{count, number}} lần, lần cuối {{last}}.',
    en: 'Signed in {{count, number}} times, last {{last}}.',
    enOne: 'Signed in {{count, number}} time, {{last}}.',
  },
  'emergency.unused': { vi: 'Chưa đăng nhập lần nào.', en: 'Not signed in yet.' },
  'emergency.audit': { vi: 'Xem nhật ký', en: 'See the audit log' },

  'tokens.title': { vi: 'Mã truy cập cho chương trình', en: 'Tokens for programs' },
  'tokens.what': { vi: 'danh sách mã truy cập', en: 'the list of tokens' },
  'tokens.about': {
    vi: 'Chương trình gửi mã này trong tiêu đề Authorization: Bearer. Nó làm được những gì bạn đang được làm, hoặc ít hơn.',
    en: 'A program sends it as Authorization: Bearer. It may do what you may at that moment, or less.',
  },
  'tokens.none': { vi: 'Bạn chưa có mã truy cập nào.', en: 'You have no tokens.' },
  'tokens.add': { vi: 'Tạo mã truy cập', en: 'Make a token' },
  'tokens.name': { vi: 'Dùng cho việc gì', en: 'What it is for' },
  'tokens.actions': { vi: 'Được làm', en: 'It may' },
  'tokens.all': { vi: 'Mọi việc bạn được làm', en: 'All that you may' },
  'tokens.some': { vi: 'Chỉ những việc này', en: 'Only these' },
  'tokens.some.missing': { vi: 'Chọn ít nhất một việc.', en: 'Choose at least one.' },
  'tokens.unit': { vi: 'Chỉ trong phạm vi (không bắt buộc)', en: 'Only within (optional)' },
  'tokens.within': { vi: 'trong {{unit}}', en: 'within {{unit}}' },
  'tokens.everywhere': { vi: 'trong mọi phạm vi của bạn', en: 'wherever you may' },
  'tokens.days': { vi: 'Có hiệu lực', en: 'Valid for' },
  'tokens.days.some': { vi: '{{count, number}} ngày', en: '{{count, number}} days', enOne: '{{count, number}} day' },
  'tokens.days.ever': { vi: 'Không hết hạn', en: 'Without an end' },
  'tokens.once': {
    vi: 'Mã chỉ hiện một lần này. Hãy chép vào chương trình ngay; ai có mã là làm được việc thay bạn.',
    en: 'It is shown only this once. Put it into the program now; whoever has it acts in your place.',
  },
  'tokens.used': { vi: 'dùng lần cuối', en: 'last used' },
  'tokens.unused': { vi: 'chưa dùng', en: 'not used yet' },
  'tokens.expires': { vi: 'hết hạn', en: 'expires' },
  'tokens.expired': { vi: 'đã hết hạn', en: 'expired' },
  'tokens.revoke': { vi: 'Thu hồi', en: 'Revoke' },
  'tokens.revoke.text': {
    vi: 'Chương trình dùng mã "{{name}}" dừng ngay. Không hoàn lại được.',
    en: 'Programs that use "{{name}}" stop at once. This cannot be undone.',
  },
  'may.read': { vi: 'Xem', en: 'Read' },
  'may.adopt': { vi: 'Nhận thiết bị', en: 'Adopt devices' },
  'may.command': { vi: 'Ra lệnh cho thiết bị', en: 'Give commands' },
  'may.override': { vi: 'Vẫn làm khi có điều kiện ngăn hoặc đang thi', en: 'Overrule preconditions and exam freezes' },
  'may.approve': { vi: 'Duyệt lệnh của người khác', en: 'Approve commands of others' },
  'may.view-picture': { vi: 'Xem ảnh camera', en: 'See pictures of cameras' },
  'may.manage-units': { vi: 'Quản lý trường và phòng', en: 'Manage schools and rooms' },
  'may.work-problems': { vi: 'Xử lý sự cố', en: 'Work on problems' },
  'may.manage-rules': { vi: 'Đặt quy tắc sự cố', en: 'Set rules of problems' },
  'may.manage-calendar': { vi: 'Đặt lịch năm học', en: 'Set school calendars' },
  'may.manage-releases': { vi: 'Nạp bản phát hành', en: 'Bring releases' },
  'may.manage-policies': { vi: 'Đặt lịch và quy tắc tự động', en: 'Set schedules and local rules' },
  'may.issue-voucher': { vi: 'Cấp phiếu ghi danh', en: 'Issue vouchers' },
  'may.manage-agents': { vi: 'Quản lý bộ thu thập', en: 'Manage agents' },
  'may.manage-people': { vi: 'Quản lý người dùng', en: 'Manage people' },
  'may.manage-notifications': { vi: 'Quản lý kênh thông báo', en: 'Manage notification channels' },
  'may.view-audit': { vi: 'Xem nhật ký', en: 'Read the audit log' },
  'may.view-quarantine': { vi: 'Xem dữ liệu cách ly', en: 'See what is in quarantine' },
});
