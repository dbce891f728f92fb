import type { Page } from "../../http/pagination.ts";
import type { ExportOutput } from "../schemas.ts";
import type { FineTuneOutput } from "./schemas.ts";

interface Props {
  page: Page<FineTuneOutput>;
  /** Exports that can be trained on. */
  exports: ExportOutput[];
  /** Where jobs go: FINE_TUNE_BASE_URL. */
  provider: string;
}

export function FineTunesPage({ page, exports, provider }: Props) {
  return (
    <>
      <h1>Fine-tunes</h1>
      <p class="hint">{`Jobs go to ${provider} (setting FINE_TUNE_BASE_URL).`}</p>
      {exports.length === 0 ? (
        <p class="empty">
          There is no training file to train on: it must be done, in OpenAI's format, with at least 10 lines.{" "}
          <a href="/exports">Write one</a>
        </p>
      ) : (
        <StartForm exports={exports} />
      )}
      {page.data.length > 0 && <FineTuneTable rows={page.data} />}
      {page.next_cursor !== null && (
        <nav class="paging" aria-label="Pages">
          <a href={`/fine-tunes?cursor=${encodeURIComponent(page.next_cursor)}`} rel="next">
            Next page
          </a>
        </nav>
      )}
      <script src="/exports.js" defer />
    </>
  );
}

function StartForm({ exports }: Pick<Props, "exports">) {
  return (
    <form class="filters export-form" method="post" action="/fine-tunes">
      <label>
        Training file
        <select name="export_id">
          {exports.map(({ id, created_at, format, rows }) => (
            <option value={id}>{`${created_at.slice(0, 16).replace("T", " ")}, ${format}, ${rows} lines`}</option>
          ))}
        </select>
      </label>
      <label>
        Base model
        <input name="base_model" required maxlength={200} />
      </label>
      <label>
        Suffix
        <input name="suffix" maxlength={64} pattern="[A-Za-z0-9_\-]*" />
      </label>
      <button type="submit">Start training</button>
    </form>
  );
}

function FineTuneTable({ rows }: { rows: FineTuneOutput[] }) {
  const running = rows.some(({ finished_at }) => finished_at === null);
  return (
    <table class="board exports" data-refresh={running ? "5000" : undefined}>
      <thead>
        <tr>
          <th scope="col">Started</th>
          <th scope="col">Base model</th>
          <th scope="col">State</th>
          <th scope="col">Model</th>
          <th scope="col">Loss</th>
          <th scope="col">
            <span class="unseen">Actions</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr>
            <td data-label="Started">
              <time datetime={row.created_at}>{row.created_at.slice(0, 16).replace("T", " ")}</time>
            </td>
            <td data-label="Base model">
              {row.base_model}
              <p class="hint">{row.method}</p>
            </td>
            <td data-label="State">
              {row.status}
              {row.finished_at === null && row.provider_status !== null && <p class="hint">{row.provider_status}</p>}
              {row.error !== null && <p class="error">{row.error}</p>}
            </td>
            <td data-label="Model">{row.model === null ? "–" : <code>{row.model}</code>}</td>
            <td data-label="Loss">
              <LossCurve loss={row.loss} />
            </td>
            <td data-label="Actions">
              {row.finished_at === null && (
                <form method="post" action={`/fine-tunes/${row.id}/cancel`}>
                  <button type="submit" class="quiet">
                    Cancel
                  </button>
                </form>
              )}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

const CURVE = { width: 160, height: 48 };

/** The training loss by step, and in words its first and last value. */
function LossCurve({ loss }: Pick<FineTuneOutput, "loss">) {
  const points = loss.flatMap(({ step, train_loss }) => (train_loss === null ? [] : [{ step, value: train_loss }]));
  const [first, last] = [points[0], points.at(-1)];
  if (first === undefined || last === undefined) return <>–</>;
  const most = Math.max(...points.map(({ value }) => value));
  const place = ({ step, value }: { step: number; value: number }) => {
    const x = last.step === first.step ? 0 : ((step - first.step) / (last.step - first.step)) * CURVE.width;
    const y = CURVE.height - (most === 0 ? 0 : value / most) * (CURVE.height - 2);
    return `${x.toFixed(1)},${y.toFixed(1)}`;
  };
  const words = `from ${first.value.toFixed(2)} to ${last.value.toFixed(2)} in ${last.step} steps`;
  return (
    <>
      <svg
        class="curve"
        viewBox={`0 0 ${CURVE.width} ${CURVE.height}`}
        role="img"
        aria-label={`Training loss ${words}`}
      >
        <polyline points={points.map(place).join(" ")} />
      </svg>
      <p class="hint">{words}</p>
    </>
  );
}
