;;; eglot.el --- Emacs without any plugin: problems, completion, an action that evaluates  -*- lexical-binding: t -*-

;; emacs --batch -Q -l eglot.el; LANG_BINARY is the tool, WORK an empty folder.

(require 'eglot)
(require 'flymake)

(define-derived-mode lang-test-mode prog-mode "Lang")
(add-to-list 'eglot-server-programs `(lang-test-mode . (,(getenv "LANG_BINARY") "lsp")))

(defun fail (format &rest args)
  (message "FAILED: %s" (apply #'format format args))
  (kill-emacs 1))

(defun wait-for (what holds)
  (let ((end (+ (float-time) 10)))
    (while (not (funcall holds))
      (when (> (float-time) end) (fail "%s has not come" what))
      (accept-process-output nil 0.05))))

(defvar shown nil)
(advice-add 'eglot-handle-notification :before
            (lambda (_server method &rest arguments)
              (when (eq method 'window/showMessage) (push (plist-get arguments :message) shown))))

(let* ((work (file-name-as-directory (getenv "WORK")))
       (default-directory work))
  (find-file (concat work "a.lang"))
  (insert "let total = 40\ntotal + 2\nnosuch\n")
  (lang-test-mode)
  (cl-letf (((symbol-function 'project-current) (lambda (&rest _) (cons 'transient work))))
    (apply #'eglot--connect (eglot--guess-contact)))
  (eglot--managed-mode 1)
  (wait-for "the server" #'eglot-current-server)
  (flymake-mode 1)
  (flymake-start)
  (wait-for "a problem"
            (lambda () (cl-some (lambda (found) (string-match-p "nosuch" (flymake-diagnostic-text found))) (flymake-diagnostics))))
  (pcase-dolist (`(,line ,title ,wanted) '((1 "Evaluate form" "evaluated") (2 "Evaluate form" "=> 42")))
    (goto-char (point-min))
    (forward-line (1- line))
    (end-of-line)
    (let ((action (cl-find-if (lambda (action) (string-prefix-p title (plist-get action :title)))
                              (eglot-code-actions (point) (point) nil nil))))
      (unless action (fail "no action `%s'" title))
      (eglot-execute (eglot-current-server) action)
      (wait-for wanted (lambda () (member wanted shown)))))
  (goto-char (point-max))
  (insert "tot")
  (let* ((table (eglot-completion-at-point))
         (found (all-completions "tot" (nth 2 table))))
    (unless (cl-some (lambda (name) (string-prefix-p "total" name)) found) (fail "no completion: %S" found)))
  (set-buffer-modified-p nil)
  (message "Eglot: ok")
  (kill-emacs 0))
