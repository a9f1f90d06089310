/** The viewer's name and role, the preferences, and the sign-out. */

import { CircleUser, Keyboard, LogIn, LogOut, SquareTerminal } from 'lucide-react';
import { useRef } from 'react';
import { useViewer } from '../access/viewer.tsx';
import { IconButton } from '../ui/button.tsx';
import { Menu, MenuChoice, MenuItem, MenuLine } from '../ui/menu.tsx';
import { prefer, THEMES, TIMES, usePreferences, ZONES } from '../ui/preferences.ts';

export function AccountMenu({ onHelp }: { readonly onHelp: () => void }) {
  const { name, role, kind, family } = useViewer();
  const { theme, zone, times } = usePreferences();
  const out = useRef<HTMLFormElement>(null);
  return (
    <>
      <Menu trigger={<IconButton icon={CircleUser} label={`${name}, ${role}: account and view`} />}>
        <div className="px-2 py-1.5">
          <p className="font-medium">{name}</p>
          <p className="text-sm text-muted">
            {role}
            {family != null && `, family ${family.name}`}
            {kind === 'LOCAL' && ': access control is off'}
          </p>
        </div>
        <MenuLine />
        <MenuChoice label="Theme" value={theme} options={THEMES} onChoose={(chosen) => prefer({ theme: chosen })} />
        <MenuChoice label="Times in" value={zone} options={ZONES} onChoose={(chosen) => prefer({ zone: chosen })} />
        <MenuChoice label="Times" value={times} options={TIMES} onChoose={(chosen) => prefer({ times: chosen })} />
        <MenuLine />
        <MenuItem icon={Keyboard} onSelect={onHelp}>
          Keyboard shortcuts
        </MenuItem>
        <MenuItem icon={SquareTerminal} onSelect={() => window.location.assign('/graphql')}>
          GraphiQL
        </MenuItem>
        {kind === 'LOCAL' ? (
          <MenuItem icon={LogIn} onSelect={() => window.location.assign('/sign-in')}>
            About signing in
          </MenuItem>
        ) : (
          <MenuItem icon={LogOut} onSelect={() => out.current?.submit()}>
            Sign out
          </MenuItem>
        )}
      </Menu>
      <form ref={out} method="post" action="/sign-out" hidden />
    </>
  );
}
