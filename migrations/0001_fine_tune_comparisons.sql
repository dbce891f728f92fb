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
	`faults` integer NOT NULL,
	`due_at` integer,
	`created_at` integer NOT NULL,
	`finished_at` integer
);
--> statement-breakpoint
CREATE INDEX `comparisons_fine_tune` ON `fine_tune_comparisons` (`fine_tune_id`,`id`);--> statement-breakpoint
CREATE UNIQUE INDEX `comparisons_open` ON `fine_tune_comparisons` (`fine_tune_id`) WHERE finished_at is null;--> statement-breakpoint
CREATE INDEX `comparisons_due` ON `fine_tune_comparisons` (`due_at`) WHERE due_at is not null;--> statement-breakpoint
CREATE TABLE `webhook_deliveries` (
	`id` text PRIMARY KEY NOT NULL,
	`received_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `webhook_deliveries_received` ON `webhook_deliveries` (`received_at`);--> statement-breakpoint
ALTER TABLE `fine_tunes` ADD `export_options` text;--> statement-breakpoint
CREATE INDEX `fine_tunes_job` ON `fine_tunes` (`job_id`) WHERE job_id is not null;