import { Hono } from "hono";
import type { AppEnv } from "../http/app-env.ts";
import { needs } from "../http/needs.ts";
import { note } from "../http/note.ts";
import { checkForm, checkQuery, givenQuery, readForm, withTimes } from "../http/read-form.ts";
import { renderPage } from "../http/render-page.tsx";
import { noSuch } from "../lib/errors.ts";
import { isId } from "../lib/ids.ts";
import { previewWithdrawal } from "./preview-withdrawal.ts";
import { listWithdrawals } from "./queries.ts";
import { requestWithdrawal, undoWithdrawal } from "./request-withdrawal.ts";
import { previewInput, withdrawalInput, withdrawalQuery } from "./schemas.ts";
import { WithdrawalsPage } from "./withdrawals-page.tsx";

const PAGE_ROWS = 25;

export const withdrawalPages = new Hono<AppEnv>()
  .get("/withdrawals", needs("read"), async (c) => {
    const { services } = c.var;
    const { cursor, ...given } = givenQuery(c);
    const query = checkQuery(c, withdrawalQuery.pick({ limit: true, cursor: true }).loose(), PAGE_ROWS);
    const asked = Object.keys(given).some((name) => name !== "mode");
    const preview = asked ? await previewWithdrawal(services, checkForm(previewInput, withTimes(given))) : null;
    const page = await listWithdrawals(services.db, { limit: query.limit, cursor });
    return renderPage(c, "Withdrawals", <WithdrawalsPage given={given} preview={preview} page={page} />);
  })
  .post("/withdrawals", needs("admin"), async (c) => {
    const form = checkForm(withdrawalInput, withTimes(await readForm(c)));
    const { id, total } = await requestWithdrawal(c.var.services, form, c.var.actor);
    note(c, { subject: id, after: { mode: form.mode, failures: total } });
    return c.redirect("/withdrawals", 303);
  })
  .post("/withdrawals/:id/undo", needs("admin"), async (c) => {
    const { id } = c.req.param();
    if (!isId(id)) throw noSuch("withdrawal");
    await undoWithdrawal(c.var.services, id);
    return c.redirect("/withdrawals", 303);
  });
