// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { SafeERC20 } from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import { Hop, IFlashArbitrage, Loan } from "../../../contracts/interfaces/IFlashArbitrage.sol";
import { Parts, SoundExecutor } from "./SoundExecutor.sol";

/// @notice Takes all that it holds in the end for profit.
contract CountingWhatLiesThere is SoundExecutor {
    constructor(Parts memory parts) SoundExecutor(parts) {}

    function _lyingThere(address) internal pure override returns (uint256) {
        return 0;
    }
}

/// @notice Looks once for the whole transaction what it held before.
contract RememberingTheLastOrder is SoundExecutor {
    constructor(Parts memory parts) SoundExecutor(parts) {}

    function _lyingThere(address token) internal view override returns (uint256) {
        return _balanceBefore == 0 ? _balance(token) : _balanceBefore;
    }
}

/// @notice Takes all ether that it holds for the output of a hop.
contract CountingAllEther is SoundExecutor {
    constructor(Parts memory parts) SoundExecutor(parts) {}

    function _etherLyingThere() internal pure override returns (uint256) {
        return 0;
    }
}

/// @notice Goes on with what a target says that it paid.
contract BelievingTheTarget is SoundExecutor {
    constructor(Parts memory parts) SoundExecutor(parts) {}

    function _delivered(address, uint256, uint256, uint256 reported) internal pure override returns (uint256) {
        return reported;
    }
}

/// @notice Does not look at what a hop left of its input.
contract LeavingInputBehind is SoundExecutor {
    constructor(Parts memory parts) SoundExecutor(parts) {}

    function _requireUsed(uint256, address, uint256) internal view override {}
}

/// @notice Is content with any profit.
contract AcceptingAnyProfit is SoundExecutor {
    constructor(Parts memory parts) SoundExecutor(parts) {}

    function _requireProfit(int256 profit, uint256 minProfit) internal pure override {
        if (profit <= 0) revert IFlashArbitrage.InsufficientProfit(profit, minProfit);
    }
}

/// @notice Does not look again when the lender has been paid.
contract PayingAnyFee is SoundExecutor {
    constructor(Parts memory parts) SoundExecutor(parts) {}

    function _settle(Loan calldata loan, uint256 minProfit) internal override returns (uint256) {
        return _balance(loan.token) > _balanceBefore ? super._settle(loan, minProfit) : 0;
    }
}

/// @notice Sends a router its input before it calls it, as a pool of Uniswap V2 wants, and approves it as well.
contract PayingAhead is SoundExecutor {
    using SafeERC20 for IERC20;

    constructor(Parts memory parts) SoundExecutor(parts) {}

    function _allow(address token, address spender, uint256 amount) internal override {
        IERC20(token).safeTransfer(spender, amount);
        super._allow(token, spender, amount);
    }
}

/// @notice Copies all that a target answers.
contract CopyingEveryAnswer is SoundExecutor {
    constructor(Parts memory parts) SoundExecutor(parts) {}

    function _call(
        uint256 index,
        Hop memory hop,
        bytes memory payload
    ) internal override returns (bytes memory answer) {
        bool success;
        (success, answer) = hop.target.call(payload);
        if (!success) revert IFlashArbitrage.HopFailed(index, hop.venue, answer);
    }
}

/// @notice Pools the money of many, and pays back a deposit as often as its owner asks.
contract PoolingDeposits is SoundExecutor {
    using SafeERC20 for IERC20;

    mapping(address depositor => mapping(address token => uint256)) public deposited;

    constructor(Parts memory parts) SoundExecutor(parts) {}

    function deposit(address token, uint256 amount) external {
        IERC20(token).safeTransferFrom(msg.sender, address(this), amount);
        deposited[msg.sender][token] += amount;
    }

    function withdraw(address token) external {
        IERC20(token).safeTransfer(msg.sender, deposited[msg.sender][token]);
    }
}

/// @notice Buys in one transaction and sells in another: an open route spends the operator's money, or what another one
/// bought, and leaves what it buys.
contract TradingInTwoSteps is SoundExecutor {
    bool private transient _isOpen;

    constructor(Parts memory parts) SoundExecutor(parts) {}

    function _requireClosed(Loan calldata, Hop[] calldata) internal pure override {}

    function _finance(bytes32 id, Loan calldata loan, Hop[] calldata hops) internal override {
        _isOpen = hops[hops.length - 1].tokenOut != loan.token;
        if (!_isOpen) return super._finance(id, loan, hops);
        if (_balance(loan.token) < loan.amount) _takeFromWallet(id, loan);
        _run(loan, hops);
    }

    function _settle(Loan calldata loan, uint256 minProfit) internal override returns (uint256) {
        return _isOpen ? 0 : super._settle(loan, minProfit);
    }
}
