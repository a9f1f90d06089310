/** A family chosen by name and stored by id; viewers who may not list families enter the id. */
import type { ReactNode } from 'react';
import { usePermission } from '../access/viewer.tsx';
import { FamilyField } from './family-field.tsx';
import { useFamilyName } from './family-name.ts';

interface FamilyIdFieldProps {
  /** Undefined: none. */
  readonly value: string | undefined;
  readonly onFamily: (familyId: string | undefined) => void;
  readonly label?: string;
  readonly hint?: string | undefined;
  readonly problem?: string | undefined;
  /** The field shown instead to viewers who may not list families. */
  readonly typed: ReactNode;
}

export function FamilyIdField({ value, onFamily, typed, ...rest }: FamilyIdFieldProps) {
  const name = useFamilyName(value);
  if (!usePermission('families').isAllowed) return typed;
  return (
    <FamilyField
      {...rest}
      value={value === undefined ? undefined : { familyId: value, name: name ?? value }}
      onChoose={({ familyId }) => onFamily(familyId)}
      onClear={() => onFamily(undefined)}
    />
  );
}
