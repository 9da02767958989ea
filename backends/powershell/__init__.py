"""What of the PowerShell language a client needs: tokens, completeness, simple lines as commands, binding."""
