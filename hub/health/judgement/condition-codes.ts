/** Codes of what devices say of themselves beyond their light path, a group a capability. */
export const conditionCodes = {
  'EF-2401': {
    state: 'fault',
    kind: 'device-fault',
    title: { vi: 'Cổng không đọc được thẻ', en: 'The gate does not read tags' },
    next: {
      vi: 'Khởi động lại đầu đọc; trong lúc chờ, kiểm tra tài liệu bằng tay.',
      en: 'Restart the reader; until then check items by hand.',
    },
  },
  'EF-2402': {
    state: 'attention',
    kind: 'device-attention',
    title: { vi: 'Cổng không hỏi được hệ thống thư viện', en: 'The gate cannot ask the library system' },
    next: {
      vi: 'Kiểm tra hệ thống thư viện và tài khoản của cổng; tài liệu qua cổng lúc này không được kiểm tra.',
      en: 'Check the library system and the account of the gate; items pass unchecked until then.',
    },
  },
  'EF-2403': {
    state: 'fault',
    kind: 'device-fault',
    title: { vi: 'Đầu đọc không còn ăng-ten nào', en: 'The reader has no antenna left' },
    next: { vi: 'Kiểm tra dây ăng-ten của đầu đọc.', en: 'Check the antenna cables of the reader.' },
  },
  'EF-2411': {
    state: 'fault',
    kind: 'device-fault',
    title: { vi: 'Máy in không in được', en: 'The printer cannot print' },
    next: {
      vi: 'Xem màn hình máy in: thêm giấy, thay mực, đóng nắp hoặc gỡ giấy kẹt.',
      en: 'Look at the printer: add paper, change the toner, close the cover or remove the jam.',
    },
  },
  'EF-2412': {
    state: 'attention',
    kind: 'device-attention',
    title: { vi: 'Vật tư in sắp hết', en: 'Printing supplies run low' },
    next: { vi: 'Chuẩn bị mực hoặc giấy thay.', en: 'Have new toner or paper ready.' },
  },
  'EF-2421': {
    state: 'fault',
    kind: 'device-fault',
    title: { vi: 'Bộ lưu điện sắp tắt', en: 'The UPS is about to give out' },
    next: {
      vi: 'Tắt máy chủ và thiết bị phía sau đúng cách ngay, rồi kiểm tra điện lưới.',
      en: 'Shut down what hangs on it properly now, then check the mains.',
    },
  },
  'EF-2422': {
    state: 'attention',
    kind: 'device-attention',
    title: { vi: 'Mất điện lưới, đang chạy bằng pin', en: 'No mains: it runs on its battery' },
    next: {
      vi: 'Kiểm tra điện lưới và cầu dao; chuẩn bị tắt thiết bị nếu điện không trở lại.',
      en: 'Check the mains and the breaker; prepare to shut down if power stays away.',
    },
  },
  'EF-2423': {
    state: 'attention',
    kind: 'device-attention',
    title: { vi: 'Bộ lưu điện không bảo vệ được', en: 'The UPS does not protect' },
    next: {
      vi: 'Xem màn hình bộ lưu điện; pin yếu khi có điện lưới thường là pin cần thay.',
      en: 'Look at the UPS; a low battery while there are mains is often one to change.',
    },
  },
  'EF-2431': {
    state: 'fault',
    kind: 'device-fault',
    title: { vi: 'Pin của thiết bị hỏng', en: 'The battery of the device is bad' },
    next: {
      vi: 'Ngừng dùng và ngừng sạc; để nguội ở nơi thoáng, báo bảo hành.',
      en: 'Stop using and charging it; let it cool in the open, and call service.',
    },
  },
  'EF-2432': {
    state: 'attention',
    kind: 'device-attention',
    title: { vi: 'Thiết bị sắp hết pin', en: 'The battery is almost empty' },
    next: { vi: 'Cắm sạc trước tiết học sau.', en: 'Charge it before the next lesson.' },
  },
  'EF-2441': {
    state: 'fault',
    kind: 'device-fault',
    title: {
      vi: 'Phòng thu đang ghi hoặc phát mà thiếu thiết bị',
      en: 'The studio is recording or live with a part missing',
    },
    next: {
      vi: 'Xem bộ phận nào có vấn đề bên dưới; đừng tắt nguồn thiết bị đang ghi.',
      en: 'See below which part it is; do not switch off what is recording.',
    },
  },
  'EF-2442': {
    state: 'attention',
    kind: 'device-attention',
    title: { vi: 'Phòng thu có bộ phận cần kiểm tra', en: 'A part of the studio needs a look' },
    next: {
      vi: 'Kiểm tra nguồn và dây mạng của bộ phận đó trước buổi ghi.',
      en: 'Check power and cable of that part before the next recording.',
    },
  },
  'EF-2443': {
    state: 'attention',
    kind: 'device-attention',
    title: { vi: 'Sắp hết chỗ ghi hình', en: 'Little room is left to record' },
    next: {
      vi: 'Chép các bản ghi đi và xoá bớt, hoặc thay ổ ghi.',
      en: 'Copy recordings away and delete some, or change the disk.',
    },
  },
  'EF-2444': {
    state: 'attention',
    kind: 'device-attention',
    title: { vi: 'Buổi phát trực tiếp đang bị ngắt', en: 'The stream is interrupted' },
    next: { vi: 'Kiểm tra đường truyền Internet của trường.', en: "Check the school's line to the Internet." },
  },
  'EF-2451': {
    state: 'attention',
    kind: 'device-attention',
    title: {
      vi: 'Cổng cấp nguồn qua dây mạng (PoE) báo lỗi',
      en: 'A port that gives power over the cable reports a fault',
    },
    next: {
      vi: 'Rút dây ở cổng đó, kiểm tra dây và thiết bị đầu kia.',
      en: 'Unplug that port; check the cable and the device at its end.',
    },
  },
  'EF-2461': {
    state: 'attention',
    kind: 'device-attention',
    title: { vi: 'Thiết bị còn dùng mật khẩu mặc định', en: "The device still has its maker's password" },
    next: { vi: 'Đặt mật khẩu riêng cho thiết bị.', en: 'Give the device a password of its own.' },
  },
} as const;
