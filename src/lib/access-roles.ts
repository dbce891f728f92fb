/** What a person may do, from the least to the most: read; also review; everything. */
export const ROLES = ["viewer", "reviewer", "admin"] as const;
export type Role = (typeof ROLES)[number];

/** `who` in lower case: an e-mail address, `@` and a domain, `group:` and a group's name or id, or `*`. */
export interface RoleRule {
  who: string;
  role: Role;
}

const RULE = /^(\*|[^\s@=]*@[^\s@=]+|group:.*\S)\s*=\s*(viewer|reviewer|admin)$/;

/** Rules such as `ada@example.com=admin, group:Support leads=reviewer, *=viewer`; null where one cannot be read. */
export function readRoleRules(text: string): RoleRule[] | null {
  const entries = text.split(/[,\n]/).flatMap((entry) => entry.trim().toLowerCase() || []);
  const rules = entries.flatMap((entry): RoleRule[] => {
    const [, who, role] = RULE.exec(entry) ?? [];
    return who === undefined || role === undefined ? [] : [{ who, role: role as Role }];
  });
  return rules.length === entries.length ? rules : null;
}

/** The highest role that a rule gives this person; null where none does. @param email in lower case */
export function roleOf(rules: RoleRule[], { email, groups }: { email: string; groups: string[] }): Role | null {
  const domain = email.slice(email.lastIndexOf("@"));
  const names = new Set(["*", email, domain, ...groups.map((group) => `group:${group.trim().toLowerCase()}`)]);
  const given = new Set(rules.filter(({ who }) => names.has(who)).map(({ role }) => role));
  return ROLES.findLast((role) => given.has(role)) ?? null;
}
