CREATE TABLE `activity` (
	`id` text PRIMARY KEY NOT NULL,
	`outcome` text NOT NULL,
	`caller_kind` text NOT NULL,
	`caller_id` text,
	`caller` text NOT NULL,
	`action` text NOT NULL,
	`subject_kind` text,
	`subject_id` text,
	`before` text,
	`after` text,
	`address_hash` text,
	`request_id` text NOT NULL,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `activity_caller` ON `activity` (`caller`,`id`);--> statement-breakpoint
CREATE INDEX `activity_caller_id` ON `activity` (`caller_id`,`id`);--> statement-breakpoint
CREATE INDEX `activity_action` ON `activity` (`action`,`id`);--> statement-breakpoint
CREATE INDEX `activity_subject` ON `activity` (`subject_id`,`id`);--> statement-breakpoint
CREATE INDEX `activity_refused` ON `activity` (`id`,`address_hash`) WHERE outcome = 'refused';--> statement-breakpoint
CREATE TABLE `audit_draws` (
	`id` text PRIMARY KEY NOT NULL,
	`number` integer NOT NULL,
	`population` integer NOT NULL,
	`probability` real NOT NULL,
	`boundary` integer NOT NULL,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `audit_draws_number_unique` ON `audit_draws` (`number`);--> statement-breakpoint
CREATE TABLE `audit_items` (
	`id` text PRIMARY KEY NOT NULL,
	`draw_id` text NOT NULL,
	`improvement_id` text NOT NULL,
	`people` integer NOT NULL,
	`seed` integer NOT NULL,
	FOREIGN KEY (`draw_id`) REFERENCES `audit_draws`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`improvement_id`) REFERENCES `ai_reply_improvements`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE UNIQUE INDEX `audit_items_improvement` ON `audit_items` (`improvement_id`);--> statement-breakpoint
CREATE TABLE `audit_labels` (
	`id` text PRIMARY KEY NOT NULL,
	`item_id` text NOT NULL,
	`old_rating` integer,
	`new_rating` integer,
	`better` text,
	`new_first` integer NOT NULL,
	`rated_by` text NOT NULL,
	`created_at` integer NOT NULL,
	FOREIGN KEY (`item_id`) REFERENCES `audit_items`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE UNIQUE INDEX `audit_labels_person` ON `audit_labels` (`item_id`,lower("rated_by"));--> statement-breakpoint
CREATE TABLE `cluster_changes` (
	`id` text PRIMARY KEY NOT NULL,
	`cluster_id` text NOT NULL,
	`kind` text NOT NULL,
	`detail` text NOT NULL,
	`actor` text NOT NULL,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `cluster_changes_cluster` ON `cluster_changes` (`cluster_id`,`id`);--> statement-breakpoint
CREATE TABLE `cluster_topics` (
	`key` text PRIMARY KEY NOT NULL,
	`cluster_id` text NOT NULL,
	FOREIGN KEY (`cluster_id`) REFERENCES `clusters`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE TABLE `clusters` (
	`id` text PRIMARY KEY NOT NULL,
	`topic` text NOT NULL,
	`number` integer NOT NULL,
	`created_at` integer NOT NULL,
	`merged_into` text,
	`guidance_version` integer NOT NULL,
	`tested_since` integer NOT NULL,
	`switched_off` integer NOT NULL,
	`switched_at` integer NOT NULL,
	`distilled_to` text,
	`unread` text NOT NULL,
	`distill_due_at` integer NOT NULL,
	`lessons_refused` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `clusters_number` ON `clusters` (`number`);--> statement-breakpoint
CREATE INDEX `clusters_merged` ON `clusters` (`merged_into`);--> statement-breakpoint
CREATE TABLE `lessons` (
	`id` text PRIMARY KEY NOT NULL,
	`cluster_id` text NOT NULL,
	`slot` integer,
	`failure_category` text,
	`text` text NOT NULL,
	`source` text NOT NULL,
	`pinned` integer NOT NULL,
	`evidence` text NOT NULL,
	`witnesses` text NOT NULL,
	`heard` text NOT NULL,
	`approved_by` text,
	`replaces` text,
	`created_at` integer NOT NULL,
	`retired_at` integer,
	FOREIGN KEY (`cluster_id`) REFERENCES `clusters`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `lessons_cluster` ON `lessons` (`cluster_id`,`retired_at`);--> statement-breakpoint
CREATE INDEX `lessons_against` ON `lessons` (`cluster_id`,`failure_category`,`created_at`);--> statement-breakpoint
CREATE UNIQUE INDEX `lessons_slot` ON `lessons` (`cluster_id`,`slot`) WHERE retired_at is null;--> statement-breakpoint
CREATE TABLE `correction_attempts` (
	`failed_reply_id` text NOT NULL,
	`attempt` integer NOT NULL,
	`run_id` text,
	`outcome` text NOT NULL,
	`reason_code` text,
	`model_calls` integer NOT NULL,
	`input_tokens` integer NOT NULL,
	`output_tokens` integer NOT NULL,
	`ended_at` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `correction_attempts_failure` ON `correction_attempts` (`failed_reply_id`,`attempt`);--> statement-breakpoint
CREATE INDEX `correction_attempts_run` ON `correction_attempts` (`run_id`,`outcome`);--> statement-breakpoint
CREATE INDEX `correction_attempts_ended` ON `correction_attempts` (`ended_at`);--> statement-breakpoint
CREATE TABLE `correction_drafts` (
	`failed_reply_id` text PRIMARY KEY NOT NULL,
	`answers` text NOT NULL,
	`updated_at` integer NOT NULL,
	FOREIGN KEY (`failed_reply_id`) REFERENCES `failed_replies`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE TABLE `correction_runs` (
	`id` text PRIMARY KEY NOT NULL,
	`filter` text NOT NULL,
	`total` integer NOT NULL,
	`cursor` text,
	`boundary` text,
	`taken` integer NOT NULL,
	`fanned_out_at` integer,
	`started_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `erasures` (
	`failed_reply_id` text PRIMARY KEY NOT NULL,
	`batch_id` text NOT NULL,
	`improvement_seqs` text NOT NULL,
	`contexts` text NOT NULL,
	`external_id_hash` text,
	`taught_cluster_ids` text NOT NULL,
	`removed` text NOT NULL,
	`export_ids` text NOT NULL,
	`fine_tune_ids` text NOT NULL,
	`erased_at` integer NOT NULL,
	`finished_at` integer
);
--> statement-breakpoint
CREATE INDEX `erasures_external_id` ON `erasures` (`external_id_hash`) WHERE external_id_hash is not null;--> statement-breakpoint
CREATE INDEX `erasures_open` ON `erasures` (`batch_id`) WHERE finished_at is null;--> statement-breakpoint
CREATE INDEX `erasures_newest` ON `erasures` (`erased_at`,`failed_reply_id`);--> statement-breakpoint
CREATE TABLE `lesson_effects` (
	`lesson_id` text PRIMARY KEY NOT NULL,
	`failures` integer NOT NULL,
	`left_out` integer NOT NULL,
	`evidence` real NOT NULL,
	`relative_risk` real,
	`low` real,
	`high` real,
	`more` integer,
	FOREIGN KEY (`lesson_id`) REFERENCES `lessons`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE TABLE `outcomes` (
	`prompt_id` text PRIMARY KEY NOT NULL,
	`cluster_id` text,
	`arm` integer NOT NULL,
	`lessons` integer NOT NULL,
	`left_out` integer NOT NULL,
	`lesson_share` real NOT NULL,
	`conversation` integer NOT NULL,
	`told_apart` integer NOT NULL,
	`plain_share` real NOT NULL,
	`failed` integer NOT NULL,
	`rating` real,
	`created_at` integer NOT NULL,
	FOREIGN KEY (`cluster_id`) REFERENCES `clusters`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `outcomes_failed` ON `outcomes` (`cluster_id`,`conversation`,`prompt_id`,`arm`,`plain_share`,`told_apart`,`lessons`,`left_out`,`lesson_share`) WHERE failed = 1;--> statement-breakpoint
CREATE INDEX `outcomes_cluster` ON `outcomes` (`cluster_id`,`conversation`,`prompt_id`,`arm`,`plain_share`,`failed`);--> statement-breakpoint
CREATE TABLE `prompt_counts` (
	`day` text NOT NULL,
	`cluster_id` text NOT NULL,
	`arm` integer NOT NULL,
	`plain_share` real NOT NULL,
	`prompts` integer NOT NULL,
	`conversations` integer NOT NULL,
	PRIMARY KEY(`day`, `cluster_id`, `arm`, `plain_share`)
);
--> statement-breakpoint
CREATE TABLE `export_checkpoints` (
	`export_id` text PRIMARY KEY NOT NULL,
	`state` text NOT NULL,
	`discarded` integer DEFAULT false NOT NULL
);
--> statement-breakpoint
CREATE TABLE `exports` (
	`id` text PRIMARY KEY NOT NULL,
	`status` text NOT NULL,
	`options` text NOT NULL,
	`boundary` integer,
	`cursor` integer,
	`rows` integer NOT NULL,
	`validation_rows` integer DEFAULT 0 NOT NULL,
	`bytes` integer NOT NULL,
	`sha256` text,
	`files` text,
	`tokens` integer,
	`redacted` integer DEFAULT 0 NOT NULL,
	`skipped` text NOT NULL,
	`warning` text,
	`error` text,
	`begun` integer DEFAULT 0 NOT NULL,
	`generation` integer DEFAULT 0 NOT NULL,
	`rebuilt` integer DEFAULT false NOT NULL,
	`stale_at` integer,
	`stale_reason` text,
	`created_at` integer NOT NULL,
	`finished_at` integer
);
--> statement-breakpoint
CREATE INDEX `exports_status` ON `exports` (`status`,`id`);--> statement-breakpoint
CREATE INDEX `exports_finished` ON `exports` (`finished_at`) WHERE finished_at is not null;--> statement-breakpoint
CREATE TABLE `failed_replies` (
	`id` text PRIMARY KEY NOT NULL,
	`prompt_id` text NOT NULL,
	`external_id` text,
	`content_hash` text NOT NULL,
	`ai_reply` text NOT NULL,
	`agent_reply` text NOT NULL,
	`failure_explanation` text,
	`failure_category` text,
	`failure_category_source` text,
	`cluster_id` text,
	`topic_source` text,
	`moved_at` integer,
	`served_prompt_id` text,
	`ai_rating` real,
	`agent_rating` real,
	`channel` text,
	`agent` text,
	`model` text,
	`customer_key` text NOT NULL,
	`suspicion` text,
	`metadata` text,
	`known_names` text,
	`occurred_at` integer NOT NULL,
	`status` text NOT NULL,
	`due_at` integer,
	`sent` integer DEFAULT false NOT NULL,
	`attempts` integer NOT NULL,
	`tries` integer NOT NULL,
	`reason_code` text,
	`reason` text,
	`run_id` text,
	`import_id` text,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	FOREIGN KEY (`prompt_id`) REFERENCES `prompts`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`cluster_id`) REFERENCES `clusters`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `failed_replies_external_id` ON `failed_replies` (`external_id`);--> statement-breakpoint
CREATE INDEX `failed_replies_prompt` ON `failed_replies` (`prompt_id`);--> statement-breakpoint
CREATE INDEX `failed_replies_status` ON `failed_replies` (`status`,`id`);--> statement-breakpoint
CREATE INDEX `failed_replies_category` ON `failed_replies` (`failure_category`,`id`);--> statement-breakpoint
CREATE INDEX `failed_replies_cluster` ON `failed_replies` (`cluster_id`,`id`);--> statement-breakpoint
CREATE INDEX `failed_replies_cluster_category` ON `failed_replies` (`cluster_id`,`failure_category`,`occurred_at`,`moved_at`,`served_prompt_id`);--> statement-breakpoint
CREATE INDEX `failed_replies_cluster_occurred` ON `failed_replies` (`cluster_id`,`occurred_at`);--> statement-breakpoint
CREATE INDEX `failed_replies_run` ON `failed_replies` (`run_id`,`status`);--> statement-breakpoint
CREATE INDEX `failed_replies_rated` ON `failed_replies` (`id`) WHERE ai_rating is not null;--> statement-breakpoint
CREATE INDEX `failed_replies_import` ON `failed_replies` (`import_id`,`id`) WHERE import_id is not null;--> statement-breakpoint
CREATE INDEX `failed_replies_due` ON `failed_replies` (`status`,`sent`,`due_at`) WHERE due_at is not null;--> statement-breakpoint
CREATE TABLE `prompts` (
	`id` text PRIMARY KEY NOT NULL,
	`original_prompt` text NOT NULL,
	`conversation` text,
	`context_url` text,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `bot_model_changes` (
	`id` text PRIMARY KEY NOT NULL,
	`fine_tune_id` text,
	`model` text,
	`actor` text NOT NULL,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `fine_tune_comparison_cases` (
	`comparison_id` text NOT NULL,
	`position` integer NOT NULL,
	`failed_reply_id` text NOT NULL,
	`unseen` text NOT NULL,
	`cluster_id` text,
	`status` text NOT NULL,
	`reason_code` text,
	`base_reply` text,
	`tuned_reply` text,
	`base_lost` text,
	`tuned_lost` text,
	`base_rating` integer,
	`tuned_rating` integer,
	`pairwise` text NOT NULL,
	`judgement` text,
	`tries` integer NOT NULL,
	`ended_at` integer
);
--> statement-breakpoint
CREATE UNIQUE INDEX `comparison_cases_position` ON `fine_tune_comparison_cases` (`comparison_id`,`position`);--> statement-breakpoint
CREATE INDEX `comparison_cases_status` ON `fine_tune_comparison_cases` (`comparison_id`,`status`,`tries`,`position`);--> statement-breakpoint
CREATE INDEX `comparison_cases_failure` ON `fine_tune_comparison_cases` (`failed_reply_id`);--> statement-breakpoint
CREATE TABLE `fine_tune_comparisons` (
	`id` text PRIMARY KEY NOT NULL,
	`fine_tune_id` text NOT NULL,
	`status` text NOT NULL,
	`case_limit` integer NOT NULL,
	`base_model` text NOT NULL,
	`tuned_model` text NOT NULL,
	`judge_model` text NOT NULL,
	`judge_samples` integer NOT NULL,
	`rubric` text NOT NULL,
	`tokens` integer NOT NULL,
	`waiting` text,
	`error` text,
	`created_at` integer NOT NULL,
	`finished_at` integer
);
--> statement-breakpoint
CREATE INDEX `comparisons_fine_tune` ON `fine_tune_comparisons` (`fine_tune_id`,`id`);--> statement-breakpoint
CREATE UNIQUE INDEX `comparisons_open` ON `fine_tune_comparisons` (`fine_tune_id`) WHERE finished_at is null;--> statement-breakpoint
CREATE TABLE `fine_tunes` (
	`id` text PRIMARY KEY NOT NULL,
	`export_id` text NOT NULL,
	`provider` text NOT NULL,
	`export_sha256` text NOT NULL,
	`export_options` text,
	`generation` integer NOT NULL,
	`options` text NOT NULL,
	`status` text NOT NULL,
	`provider_status` text,
	`uploads` text NOT NULL,
	`sidecar_bytes` integer,
	`job_id` text,
	`model` text,
	`trained_tokens` integer,
	`events` text NOT NULL,
	`loss` text NOT NULL,
	`error` text,
	`created_at` integer NOT NULL,
	`finished_at` integer
);
--> statement-breakpoint
CREATE INDEX `fine_tunes_job` ON `fine_tunes` (`job_id`) WHERE job_id is not null;--> statement-breakpoint
CREATE TABLE `provider_files` (
	`fine_tune_id` text NOT NULL,
	`id` text NOT NULL,
	`kind` text NOT NULL,
	`created_at` integer NOT NULL,
	`deleted_at` integer,
	`error` text,
	PRIMARY KEY(`fine_tune_id`, `id`)
);
--> statement-breakpoint
CREATE INDEX `provider_files_there` ON `provider_files` (`fine_tune_id`) WHERE deleted_at is null;--> statement-breakpoint
CREATE TABLE `webhook_deliveries` (
	`id` text PRIMARY KEY NOT NULL,
	`received_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `webhook_deliveries_received` ON `webhook_deliveries` (`received_at`);--> statement-breakpoint
CREATE TABLE `ai_reply_improvements` (
	`seq` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`id` text NOT NULL,
	`prompt_id` text NOT NULL,
	`failed_reply_id` text NOT NULL,
	`version` integer NOT NULL,
	`is_current` integer NOT NULL,
	`original_prompt` text NOT NULL,
	`original_reply` text NOT NULL,
	`corrected_reply` text NOT NULL,
	`old_rating` integer,
	`new_rating` integer,
	`score_gain_estimate` integer,
	`gain_spread` real,
	`judgement` text,
	`pairwise` text NOT NULL,
	`guard_findings` text NOT NULL,
	`edited` integer NOT NULL,
	`failure_category` text,
	`cluster_id` text,
	`known_names` text,
	`agent` text,
	`model` text NOT NULL,
	`judge_model` text,
	`review_status` text NOT NULL,
	`created_at` integer NOT NULL,
	`rank` real NOT NULL,
	`mean_rank` real NOT NULL,
	`doubt` real NOT NULL,
	FOREIGN KEY (`prompt_id`) REFERENCES `prompts`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`failed_reply_id`) REFERENCES `failed_replies`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`cluster_id`) REFERENCES `clusters`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `ai_reply_improvements_id_unique` ON `ai_reply_improvements` (`id`);--> statement-breakpoint
CREATE UNIQUE INDEX `improvements_current` ON `ai_reply_improvements` (`failed_reply_id`) WHERE is_current = 1;--> statement-breakpoint
CREATE UNIQUE INDEX `improvements_version` ON `ai_reply_improvements` (`failed_reply_id`,`version`);--> statement-breakpoint
CREATE INDEX `improvements_prompt` ON `ai_reply_improvements` (`prompt_id`);--> statement-breakpoint
CREATE INDEX `improvements_category` ON `ai_reply_improvements` (`failure_category`);--> statement-breakpoint
CREATE INDEX `improvements_cluster` ON `ai_reply_improvements` (`cluster_id`);--> statement-breakpoint
CREATE INDEX `improvements_review` ON `ai_reply_improvements` (`review_status`);--> statement-breakpoint
CREATE INDEX `improvements_rank` ON `ai_reply_improvements` (`is_current`,`rank`);--> statement-breakpoint
CREATE INDEX `improvements_category_rank` ON `ai_reply_improvements` (`is_current`,`failure_category`,`rank`);--> statement-breakpoint
CREATE INDEX `improvements_cluster_rank` ON `ai_reply_improvements` (`is_current`,`cluster_id`,`rank`);--> statement-breakpoint
CREATE INDEX `improvements_review_rank` ON `ai_reply_improvements` (`is_current`,`review_status`,`rank`);--> statement-breakpoint
CREATE INDEX `improvements_mean` ON `ai_reply_improvements` (`is_current`,`mean_rank`);--> statement-breakpoint
CREATE INDEX `improvements_category_mean` ON `ai_reply_improvements` (`is_current`,`failure_category`,`mean_rank`);--> statement-breakpoint
CREATE INDEX `improvements_cluster_mean` ON `ai_reply_improvements` (`is_current`,`cluster_id`,`mean_rank`);--> statement-breakpoint
CREATE INDEX `improvements_review_mean` ON `ai_reply_improvements` (`is_current`,`review_status`,`mean_rank`);--> statement-breakpoint
CREATE INDEX `improvements_agent_mean` ON `ai_reply_improvements` (`is_current`,`agent`,`mean_rank`) WHERE agent is not null;--> statement-breakpoint
CREATE INDEX `improvements_doubt` ON `ai_reply_improvements` (`is_current`,`review_status`,`doubt`);--> statement-breakpoint
CREATE TABLE `reviews` (
	`id` text PRIMARY KEY NOT NULL,
	`improvement_id` text NOT NULL,
	`version` integer NOT NULL,
	`decision` text NOT NULL,
	`note` text,
	`replaced_reply` text,
	`decided_by` text NOT NULL,
	`created_at` integer NOT NULL,
	FOREIGN KEY (`improvement_id`) REFERENCES `ai_reply_improvements`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE UNIQUE INDEX `reviews_version` ON `reviews` (`improvement_id`,`version`);--> statement-breakpoint
CREATE TABLE `dead_letters` (
	`id` text PRIMARY KEY NOT NULL,
	`queue` text NOT NULL,
	`body` text NOT NULL,
	`error` text NOT NULL,
	`created_at` integer NOT NULL,
	`replayed_at` integer
);
--> statement-breakpoint
CREATE INDEX `dead_letters_open` ON `dead_letters` (`replayed_at`,`id`);--> statement-breakpoint
CREATE TABLE `jobs` (
	`kind` text NOT NULL,
	`subject` text NOT NULL,
	`due_at` integer NOT NULL,
	`claim` text,
	`tries` integer NOT NULL,
	`asked` integer NOT NULL,
	PRIMARY KEY(`kind`, `subject`)
);
--> statement-breakpoint
CREATE INDEX `jobs_due` ON `jobs` (`due_at`);--> statement-breakpoint
CREATE TABLE `last_sweep` (
	`id` integer PRIMARY KEY NOT NULL,
	`ended_at` integer NOT NULL,
	`failed` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `judge_control_ratings` (
	`control_id` text NOT NULL,
	`failed_reply_id` text NOT NULL,
	`agent_rating` real,
	`old_rating` real,
	`old_rating_again` real,
	`padded_rating` real
);
--> statement-breakpoint
CREATE UNIQUE INDEX `judge_control_ratings_case` ON `judge_control_ratings` (`control_id`,`failed_reply_id`);--> statement-breakpoint
CREATE TABLE `judge_controls` (
	`id` text PRIMARY KEY NOT NULL,
	`status` text NOT NULL,
	`judge_model` text NOT NULL,
	`failure_ids` text NOT NULL,
	`error` text,
	`created_at` integer NOT NULL,
	`finished_at` integer
);
--> statement-breakpoint
CREATE TABLE `keys` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`scopes` text NOT NULL,
	`secret_hash` text NOT NULL,
	`created_at` integer NOT NULL,
	`created_by` text NOT NULL,
	`expires_at` integer,
	`revoked_at` integer,
	`revoked_by` text,
	`last_used_at` integer
);
--> statement-breakpoint
CREATE TABLE `correction_models` (
	`since` integer PRIMARY KEY NOT NULL,
	`model` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `erased_failures` (
	`cluster_id` text NOT NULL,
	`day` text NOT NULL,
	`failures` integer NOT NULL,
	`recurrences` integer NOT NULL,
	`without_lesson` integer NOT NULL,
	PRIMARY KEY(`cluster_id`, `day`)
);
--> statement-breakpoint
CREATE TABLE `daily_usage` (
	`day` text PRIMARY KEY NOT NULL,
	`model_calls` integer NOT NULL,
	`input_tokens` integer NOT NULL,
	`output_tokens` integer NOT NULL,
	`other_tokens` integer DEFAULT 0 NOT NULL
);
--> statement-breakpoint
CREATE TABLE `correction_gate` (
	`id` integer PRIMARY KEY NOT NULL,
	`code` text,
	`reason` text,
	`until` integer,
	`failures` integer NOT NULL,
	`setup` text
);
--> statement-breakpoint
CREATE TABLE `people` (
	`id` text PRIMARY KEY NOT NULL,
	`email` text NOT NULL,
	`name` text,
	`role` text NOT NULL,
	`link_secret` text NOT NULL,
	`first_seen_at` integer NOT NULL,
	`last_seen_at` integer NOT NULL,
	`signed_out_at` integer
);
--> statement-breakpoint
CREATE UNIQUE INDEX `people_email_unique` ON `people` (`email`);--> statement-breakpoint
CREATE TABLE `sign_in_attempts` (
	`who` text PRIMARY KEY NOT NULL,
	`failed` integer NOT NULL,
	`ends_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `sign_in_attempts_ended` ON `sign_in_attempts` (`ends_at`);--> statement-breakpoint
CREATE TABLE `router_training` (
	`id` text PRIMARY KEY NOT NULL,
	`requested_at` integer,
	`version` text,
	`topics` integer NOT NULL,
	`examples` integer NOT NULL,
	`bytes` integer NOT NULL,
	`training_ms` integer NOT NULL,
	`boundary` text NOT NULL,
	`trained_at` integer NOT NULL,
	`erased_at` integer,
	`forget_by` integer
);
--> statement-breakpoint
CREATE TABLE `sessions` (
	`id_hash` text PRIMARY KEY NOT NULL,
	`key_id` text,
	`created_at` integer NOT NULL,
	`last_seen_at` integer NOT NULL,
	`expires_at` integer NOT NULL,
	FOREIGN KEY (`key_id`) REFERENCES `keys`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `sessions_expired` ON `sessions` (`expires_at`);--> statement-breakpoint
CREATE TABLE `withdrawals` (
	`id` text PRIMARY KEY NOT NULL,
	`filter` text NOT NULL,
	`reason` text NOT NULL,
	`mode` text NOT NULL,
	`status` text NOT NULL,
	`total` integer NOT NULL,
	`boundary` text NOT NULL,
	`step` text NOT NULL,
	`cursor` text NOT NULL,
	`taken` integer NOT NULL,
	`lesson_ids` text NOT NULL,
	`export_ids` text NOT NULL,
	`actor` text NOT NULL,
	`created_at` integer NOT NULL,
	`finished_at` integer
);
--> statement-breakpoint
CREATE TABLE `withdrawn_failures` (
	`withdrawal_id` text NOT NULL,
	`failed_reply_id` text NOT NULL,
	`status` text NOT NULL,
	`due_at` integer,
	`cluster_id` text,
	`failure_category` text,
	`improvement_seq` integer,
	`outcome` text,
	PRIMARY KEY(`withdrawal_id`, `failed_reply_id`),
	FOREIGN KEY (`withdrawal_id`) REFERENCES `withdrawals`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`failed_reply_id`) REFERENCES `failed_replies`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `withdrawn_failures_failure` ON `withdrawn_failures` (`failed_reply_id`);