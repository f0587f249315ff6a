"""How the embedded reward, `mini-judge`, is made from nothing."""
