/** Line icons, 24 by 24, in the colour of the text around them. */
const PATHS = {
  sun: 'M12 4V2m0 20v-2m8-8h2M2 12h2m13.700-5.700 1.400-1.400M4.900 19.100l1.400-1.400m0-11.400L4.900 4.900m14.200 14.200-1.400-1.400M16 12a4 4 0 1 1-8 0 4 4 0 0 1 8 0Z',
  moon: 'M20 14.500A8.500 8.500 0 0 1 9.500 4 8.500 8.500 0 1 0 20 14.500Z',
  device: 'M4 5h16v11H4zM9 20h6m-3-4v4',
  phone:
    'M6.500 3h3l1.500 4.500-2 1.500a11 11 0 0 0 6 6l1.500-2 4.500 1.500v3a2 2 0 0 1-2 2A16.500 16.500 0 0 1 4.500 5a2 2 0 0 1 2-2Z',
  pin: 'M12 21s7-6.500 7-12A7 7 0 0 0 5 9c0 5.500 7 12 7 12Zm0-9.500a2.500 2.500 0 1 0 0-5 2.500 2.500 0 0 0 0 5Z',
  flag: 'M6 21V4m0 0h11l-2 4 2 4H6',
  box: 'm12 3 8 4.500v9L12 21l-8-4.500v-9L12 3Zm0 9 8-4.500M12 12 4 7.500M12 12v9',
  cash: 'M3 6h18v12H3zM12 15a3 3 0 1 0 0-6 3 3 0 0 0 0 6ZM6 9v.010M18 15v.010',
  card: 'M3 6h18v12H3zM3 10h18',
  bell: 'M6 16V11a6 6 0 1 1 12 0v5l2 2H4l2-2Zm4 4h4',
  bellOff: 'M6 16v-5c0-.900.200-1.700.500-2.500M9 5.800A6 6 0 0 1 18 11v3M4 18h14M10 20h4M3 3l18 18',
  vibrate: 'M8 4h8v16H8zM4 9v6m16-6v6',
  vibrateOff: 'M8 9v11h8v-3M10 4h6v8M4 9v6m16-6v6M3 3l18 18',
  navigate: 'M12 3 5 20l7-4 7 4L12 3Z',
  check: 'm5 12 5 5 9-10',
  cross: 'M6 6l12 12M18 6 6 18',
  search: 'M16 16l5 5M18 11a7 7 0 1 1-14 0 7 7 0 0 1 14 0Z',
  star: 'm12 3 2.700 6 6.300.700-4.700 4.300 1.300 6.500L12 17.200 6.400 20.500l1.300-6.500L3 9.700 9.300 9 12 3Z',
  clock: 'M12 7v5l3.500 2M21 12a9 9 0 1 1-18 0 9 9 0 0 1 18 0Z',
  person: 'M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8Zm-8 9a8 8 0 0 1 16 0',
  back: 'M14 6l-6 6 6 6',
  link: 'M14 4h6v6m0-6-9 9M18 14v6H4V6h6',
  plus: 'M12 5v14M5 12h14',
  list: 'M8 6h12M8 12h12M8 18h12M4 6v.010M4 12v.010M4 18v.010',
  undo: 'M9 14 4 9l5-5M4 9h10a6 6 0 0 1 0 12h-3',
  alert: 'M12 4 2.500 20h19L12 4Zm0 6v4m0 3v.010',
  retry: 'M20 11a8 8 0 1 0-2.300 6M20 4v7h-7',
  wifiOff:
    'M2 8.500A15 15 0 0 1 8 5m4-.500c3.800 0 7.300 1.500 10 4M5.500 12.500a10 10 0 0 1 4-2.300m5.500.300c1.300.500 2.500 1.200 3.500 2.100M12 19v.010M9 16a5 5 0 0 1 5-.600M3 3l18 18',
} as const;
export type IconName = keyof typeof PATHS;

export function Icon({ name, size = 20 }: { name: IconName; size?: number }) {
  return (
    <svg
      class="icon"
      width={size}
      height={size}
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      stroke-width="2"
      stroke-linecap="round"
      stroke-linejoin="round"
      aria-hidden="true"
      focusable="false"
    >
      <path d={PATHS[name]} />
    </svg>
  );
}
